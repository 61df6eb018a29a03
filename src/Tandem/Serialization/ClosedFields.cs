using System.Reflection;
using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>A structure, or the contents of an object, by its fields. No constructor runs.</summary>
internal sealed class ClosedFields(Type type) : ClosedType
{
    private const int HeaderSize = 24;
    private const int FieldSize = 16;

    /// <summary>The fields and their types; set when all types are known, because types may contain each other.</summary>
    internal (FieldInfo Info, ClosedType Type)[] Fields { get; set; } = [];

    internal Type Type => type;

    /// <summary>About how much memory an object takes, in bytes.</summary>
    internal int Size => HeaderSize + (FieldSize * Fields.Length);

    // Structures cannot contain themselves, but their fields may not be known yet.
    internal override int MinimumSize => Math.Max(1, type.IsValueType ? Fields.Sum(static one => one.Type.MinimumSize) : 1);

    internal override void Write(ClosedWriter writer, object? value)
    {
        if (Fields.Length == 0)
            writer.Bytes.Write((byte)0);

        foreach ((FieldInfo info, ClosedType fieldType) in Fields)
        {
            try
            {
                fieldType.Write(writer, info.GetValue(value));
            }
            catch (WorkSerializationException e) when (GraphPath.Add(e, GraphPath.OfField(info.Name)))
            {
                throw;
            }
        }
    }

    internal override object? Read(ClosedReader reader)
    {
        object value = Make();
        ReadInto(reader, value);
        return value;
    }

    /// <summary>Creates an object whose fields have their defaults. The static constructor ran when the type was closed.</summary>
    internal object Make() => RuntimeHelpers.GetUninitializedObject(type);

    internal void ReadInto(ClosedReader reader, object value)
    {
        if (Fields.Length == 0 && reader.Read<byte>() != 0)
            throw new PayloadCorruptException($"a {type.Name} that is not empty");

        foreach ((FieldInfo info, ClosedType fieldType) in Fields)
            info.SetValue(value, fieldType.Read(reader));
    }
}
