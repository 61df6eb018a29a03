namespace Tandem.Serialization;

/// <summary>Cancellation tokens: by number, so that cancelling a token in this process cancels its counterpart in the other.</summary>
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
            WriteCancelled(writer, value);
        else
            writer.Write(
                (writer.Links ?? throw new WorkSerializationException(Refusals.ForNoCall("a CancellationToken"))).AddToken(value));
    }

    internal override CancellationToken Read(PayloadReader reader)
    {
        int number = reader.ReadInt32();
        if (number == Never)
            return CancellationToken.None;

        if (number == Cancelled)
            return ReadCancelled(reader);

        if (number < 0)
            throw new PayloadCorruptException($"a token with the number {number}");

        return (reader.Links ?? throw new PayloadCorruptException("a token outside of a call")).GetToken(number);
    }

    /// <summary>
    /// Cancelled tokens are numbered too, so that the exception of work that such a token ends refers to the caller's token.
    /// </summary>
    private static void WriteCancelled(PayloadWriter writer, CancellationToken value)
    {
        // This token is the same in all processes.
        bool isOfNoSource = value == new CancellationToken(true);
        writer.Write(Cancelled);
        writer.Write((isOfNoSource ? null : writer.Links?.AddCanceledToken(value)) ?? Never);
    }

    private static CancellationToken ReadCancelled(PayloadReader reader)
    {
        int number = reader.ReadInt32();
        if (number < Never)
            throw new PayloadCorruptException($"a cancelled token with the number {number}");

        return number == Never || reader.Links is not { } links ? new CancellationToken(true) : links.GetCanceledToken(number);
    }
}

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

/// <summary>Delegates: the call serializes their code and their captured values.</summary>
/// <remarks>
/// A delegate and its target may refer to each other, as in a recursive lambda, so that neither can be created first. Therefore a
/// delegate gets its number after its target; where the target refers to it, it is written once more, without its target's parts.
/// </remarks>
internal sealed class DelegateShape(Type type) : Shape(type, ShapeTraits.None)
{
    private const byte Seen = 0;
    private const byte New = 1;

    internal override void Write(PayloadWriter writer, object value)
    {
        ICallLinks links = writer.Links ?? throw new WorkSerializationException(Refusals.ForNoCall("a delegate"));
        int known = writer.References.Find(value);
        if (known >= 0)
        {
            writer.Write(Seen);
            writer.Write(known);
            return;
        }

        writer.Write(New);
        links.WriteDelegate(writer, (Delegate)value);
        known = writer.References.Find(value);
        writer.Write(known);
        if (known < 0)
            writer.References.Add(value);
    }

    internal override object? Read(PayloadReader reader)
    {
        ICallLinks links = reader.Links ?? throw new PayloadCorruptException("a delegate outside of a call");
        byte kind = reader.Read<byte>();
        if (kind == Seen)
            return ObjectAt(reader, reader.ReadInt32());

        if (kind != New)
            throw new PayloadCorruptException($"a delegate of kind {kind}");

        Delegate value = links.ReadDelegate(reader, WireType);
        int known = reader.ReadInt32();
        if (known >= 0)
            return ObjectAt(reader, known);

        reader.Objects.Add(value);
        return value;
    }

    private Delegate ObjectAt(PayloadReader reader, int number) => reader.ObjectAt(number) is Delegate value && WireType.IsInstanceOfType(value)
        ? value
        : throw new PayloadCorruptException($"object {number} where {TypeChecks.WithArticle(WireType)} was expected");
}
