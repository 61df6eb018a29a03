namespace Tandem.Serialization;

/// <summary>
/// A reference: null, an object that was written before, or a new object of one of the types that the program named for it.
/// </summary>
internal sealed class ClosedReference(Type declared) : ClosedType
{
    private const byte Null = 0;
    private const byte Seen = 1;
    private const byte New = 2;

    /// <summary>The types of objects; set when they are known.</summary>
    internal ClosedObject[] Types { get; set; } = [];

    internal override int MinimumSize => 1;

    internal override void Write(ClosedWriter writer, object? value)
    {
        if (value is null)
        {
            writer.Bytes.Write(Null);
            return;
        }

        int index = Array.FindIndex(Types, candidate => candidate.Type == value.GetType());
        if (index < 0)
        {
            throw new WorkSerializationException(
                $"{TypeChecks.WithArticle(value.GetType())} where {TypeChecks.WithArticle(declared)} is declared: a worker that is not "
                    + "trusted sends objects of the declared types only, and of those that the program has named");
        }

        int known = writer.FindOrAdd(value);
        writer.Bytes.Write(known >= 0 ? Seen : New);
        writer.Bytes.Write(known >= 0 ? known : index);
        if (known >= 0)
            return;

        writer.Enter();
        Types[index].WriteContents(writer, value);
        writer.Leave();
    }

    internal override object? Read(ClosedReader reader)
    {
        byte kind = reader.Read<byte>();
        if (kind == Null)
            return null;

        int number = reader.ReadInt32();
        if (kind == Seen)
        {
            object seen = reader.ObjectAt(number);
            return Array.Exists(Types, candidate => candidate.Type == seen.GetType())
                ? seen : throw new PayloadCorruptException($"a reference to {TypeChecks.WithArticle(seen.GetType())}");
        }

        if (kind != New || (uint)number >= (uint)Types.Length)
            throw new PayloadCorruptException($"a reference of kind {kind} to type {number}");

        reader.Enter();
        object value = Types[number].ReadContents(reader);
        reader.Leave();
        return value;
    }
}
