namespace Tandem.Serialization;

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
        if (writer.Answer is { } answer)
            WriteAnswer(writer, links, (Delegate)value, answer);
        else
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

        Delegate value = reader.Answer is { } answer
            ? ReadAnswer(reader, links, answer) : links.ReadDelegate(reader, WireType);
        int known = reader.ReadInt32();
        if (known >= 0)
            return ObjectAt(reader, known);

        reader.Objects.Add(value);
        return value;
    }

    private void WriteAnswer(PayloadWriter writer, ICallLinks links, Delegate value, AnswerPolicy answer)
    {
        if (!answer.AllowsDelegate(WireType))
            throw new WorkSerializationException(Refusals.ForAnsweredDelegate(WireType));

        writer.Answer = answer.InDelegate;
        try
        {
            links.WriteDelegate(writer, value);
        }
        finally
        {
            writer.Answer = answer;
        }
    }

    private Delegate ReadAnswer(PayloadReader reader, ICallLinks links, AnswerPolicy answer)
    {
        if (!answer.AllowsDelegate(WireType))
            throw new PayloadCorruptException($"{TypeChecks.WithArticle(WireType)} in an answer that has none");

        reader.Answer = answer.InDelegate;
        try
        {
            return links.ReadDelegate(reader, WireType);
        }
        finally
        {
            reader.Answer = answer;
        }
    }

    private Delegate ObjectAt(PayloadReader reader, int number) =>
        reader.ObjectAt(number) is Delegate value && WireType.IsInstanceOfType(value)
        ? value
        : throw new PayloadCorruptException($"object {number} where {TypeChecks.WithArticle(WireType)} was expected");
}
