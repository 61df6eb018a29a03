using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// Objects of the class <see cref="object"/> itself: identified by the static field that holds the object (<see cref="Sentinels"/>), or
/// else a new object, which is the same one wherever the payload refers to it.
/// </summary>
internal sealed class SentinelShape() : Shape(typeof(object), ShapeTraits.Tracked)
{
    internal override void Write(PayloadWriter writer, object value)
    {
        FieldInfo? field = Sentinels.Find(writer, value);
        writer.Write(field is not null);
        if (field is null)
            return;

        TypeNames.Write(writer, field.DeclaringType!);
        writer.Write(field.MetadataToken);
    }

    internal override object? Read(PayloadReader reader)
    {
        int number = reader.ReserveNumber();
        object value = reader.Read<byte>() != 0 ? ReadField(reader) : new object();
        reader.Finish(number, value);
        return value;
    }

    private static object ReadField(PayloadReader reader)
    {
        Type type = TypeNames.Read(reader);
        int token = reader.ReadInt32();
        FieldInfo field = Array.Find(Sentinels.FieldsOf(type), f => f.MetadataToken == token)
            ?? throw new PayloadCorruptException($"{TypeChecks.Display(type)} has no static field {token:X8} of the type object");

        return Sentinels.ValueOf(field) ?? new object();
    }
}
