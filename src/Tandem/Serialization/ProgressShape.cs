namespace Tandem.Serialization;

/// <summary>Progress receivers: the reading side gets an object that sends reports back.</summary>
internal sealed class ProgressShape<T>() : Shape(typeof(IProgress<T>), ShapeTraits.TakesAll, typeof(Progress<T>))
{
    internal override void Write(PayloadWriter writer, object value)
    {
        ICallLinks links = writer.Links ?? throw new WorkSerializationException(Refusals.ForNoCall(TypeChecks.WithArticle(WireType)));
        writer.Write(links.AddProgress((IProgress<T>)value));
    }

    internal override object? Read(PayloadReader reader)
    {
        int number = reader.ReadInt32();
        if (number < 0)
            throw new PayloadCorruptException($"a progress receiver with the number {number}");

        return (reader.Links ?? throw new PayloadCorruptException("a progress receiver outside of a call")).GetProgress<T>(number);
    }
}
