namespace Tandem.Serialization;

/// <summary>Tokens: by number, so that cancelling one here cancels its counterpart there.</summary>
internal sealed class CancellationTokenCodec : Codec<CancellationToken>
{
    private const int Never = -1;
    private const int Cancelled = -2;

    internal override int MinimumSize => sizeof(int);

    internal override void Write(PayloadWriter writer, CancellationToken value)
    {
        if (!value.CanBeCanceled)
            writer.Write(Never);
        else if (value.IsCancellationRequested)
            writer.Write(Cancelled);
        else
            writer.Write(
                (writer.Links ?? throw new WorkSerializationException(Refusals.ForNoCall(nameof(CancellationToken)))).AddToken(value));
    }

    internal override CancellationToken Read(PayloadReader reader)
    {
        int number = reader.ReadInt32();
        if (number is Never or Cancelled)
            return new CancellationToken(number == Cancelled);

        if (number < 0)
            throw new PayloadCorruptException($"a token with the number {number}");

        return (reader.Links ?? throw new PayloadCorruptException("a token outside a call")).GetToken(number);
    }
}

/// <summary>Progress receivers: what arrives is an object that carries reports back.</summary>
internal sealed class ProgressShape<T>() : Shape(typeof(IProgress<T>), ShapeTraits.TakesAll, typeof(Progress<T>))
{
    internal override void Write(PayloadWriter writer, object value)
    {
        ICallLinks links = writer.Links ?? throw new WorkSerializationException(Refusals.ForNoCall(TypeChecks.Display(WireType)));
        writer.Write(links.AddProgress((IProgress<T>)value));
    }

    internal override object? Read(PayloadReader reader)
    {
        int number = reader.ReadInt32();
        if (number < 0)
            throw new PayloadCorruptException($"a progress receiver with the number {number}");

        return (reader.Links ?? throw new PayloadCorruptException("a progress receiver outside a call")).GetProgress<T>(number);
    }
}

/// <summary>Delegates: the call knows how their code and their captured values travel.</summary>
internal sealed class DelegateShape(Type type) : Shape(type, ShapeTraits.Tracked | ShapeTraits.Late)
{
    internal override void Write(PayloadWriter writer, object value)
    {
        ICallLinks links = writer.Links ?? throw new WorkSerializationException(Refusals.ForNoCall("delegate"));
        links.WriteDelegate(writer, (Delegate)value);
    }

    internal override object? Read(PayloadReader reader)
    {
        int number = reader.ReserveNumber();
        ICallLinks links = reader.Links ?? throw new PayloadCorruptException("a delegate outside a call");
        Delegate value = links.ReadDelegate(reader, WireType);
        reader.Finish(number, value);
        return value;
    }
}
