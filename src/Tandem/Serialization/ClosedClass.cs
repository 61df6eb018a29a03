namespace Tandem.Serialization;

/// <summary>Objects of a class of the program, by their fields.</summary>
internal sealed class ClosedClass(ClosedFields fields) : ClosedObject(fields.Type)
{
    internal override void WriteContents(ClosedWriter writer, object value) => fields.Write(writer, value);

    internal override object ReadContents(ClosedReader reader)
    {
        object value = fields.Make();
        reader.Finish(reader.Reserve(fields.Size), value);
        fields.ReadInto(reader, value);
        return value;
    }
}
