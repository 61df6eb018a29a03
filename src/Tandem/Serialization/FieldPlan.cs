using System.Reflection;

namespace Tandem.Serialization;

/// <summary>The fields that make up the state of a class or struct, including private and inherited ones.</summary>
/// <remarks>
/// A field marked with <see cref="NonSerializedAttribute"/> is not serialized if its type restores it in a method that runs after
/// deserialization (<see cref="SerializationCallbacks"/>). In other types nothing would restore it, and a missing value would be a silent
/// difference: so it is serialized like other fields, and omitted only if its value cannot be serialized.
/// </remarks>
internal sealed class FieldPlan
{
    private const BindingFlags OwnFields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly Field[] _fields;

    /// <summary>Creates the plan of a type and its base types, up to but excluding <paramref name="end"/>.</summary>
    internal FieldPlan(Type type, Type? end = null, SerializationCallbacks? callbacks = null)
    {
        var fields = new List<Field>();
        int size = 0;
        for (Type? declaring = type; declaring is not null && declaring != end; declaring = declaring.BaseType)
        {
            int first = fields.Count;
            foreach (FieldInfo info in declaring.GetFields(OwnFields))
            {
                bool isOptional = (info.Attributes & NotSerialized) != 0;
                if (isOptional && callbacks?.Restores(declaring) == true)
                    continue;

                Field field = isOptional ? new OptionalField(info) : Comparers.IsOfCollection(info) ? new ComparerField(info) : new Field(info);
                Insert(fields, first, field);
                size += isOptional ? 1 : MinimumSizeOf(info.FieldType);
                OnlyConstants = OnlyConstants && (IsConstant(info.FieldType) || IsReadOnlyDelegate(info));
            }
        }

        _fields = [.. fields];
        MinimumSize = size;
    }

    /// <summary>See <see cref="Codec.MinimumSize"/>; 0 if there are no fields.</summary>
    internal int MinimumSize { get; }

    internal int Count => _fields.Length;

    /// <summary>Whether all fields are numbers, text, times, or delegates that cannot change after construction.</summary>
    internal bool OnlyConstants { get; } = true;

    // FieldAttributes.NotSerialized is marked obsolete together with the formatters for which it was made.
    private static FieldAttributes NotSerialized => (FieldAttributes)0x0080;

    /// <summary>Writes the fields of an object or of a boxed struct.</summary>
    internal void Write(PayloadWriter writer, object value)
    {
        Field[] fields = _fields;
        int i = 0;
        try
        {
            for (; i < fields.Length; i++)
                fields[i].Write(writer, fields[i].Info.GetValue(value));
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, fields[i].Segment))
        {
            throw;
        }
    }

    /// <summary>Reads the fields into an object or a boxed struct.</summary>
    internal void Read(PayloadReader reader, object value)
    {
        foreach (Field field in _fields)
            field.Info.SetValue(value, field.Read(reader));
    }

    /// <summary>Writes one field.</summary>
    internal void WriteField(PayloadWriter writer, object value, int index) =>
        _fields[index].Write(writer, _fields[index].Info.GetValue(value));

    /// <summary>Reads the value of one field.</summary>
    internal object? ReadValue(PayloadReader reader, int index) => _fields[index].Read(reader);

    /// <summary>Sets one field.</summary>
    internal void SetValue(object target, int index, object? value) => _fields[index].Info.SetValue(target, value);

    /// <summary>Gets the value of one field.</summary>
    internal object? GetValue(object target, int index) => _fields[index].Info.GetValue(target);

    /// <summary>Whether a field holds a delegate that cannot change after construction.</summary>
    internal bool IsDelegate(int index) => IsReadOnlyDelegate(_fields[index].Info);

    /// <summary>Whether a field may have been omitted.</summary>
    internal bool IsOptional(int index) => _fields[index] is OptionalField;

    /// <summary>Whether a field is a number, a text or a time, which <see cref="AreSame"/> compares.</summary>
    internal bool IsConstant(int index) => IsConstant(_fields[index].Info.FieldType);

    /// <summary>Whether two values of a field that <see cref="IsConstant(int)"/> are the same in every observable respect.</summary>
    internal static bool AreSame(object? a, object? b) => a switch
    {
        double number => b is double other && BitConverter.DoubleToInt64Bits(number) == BitConverter.DoubleToInt64Bits(other),
        float number => b is float other && BitConverter.SingleToInt32Bits(number) == BitConverter.SingleToInt32Bits(other),
        DateTime time => b is DateTime other && time == other && time.Kind == other.Kind,
        DateTimeOffset time => b is DateTimeOffset other && time.EqualsExact(other),
        decimal number => b is decimal other && number == other && number.Scale == other.Scale,
        _ => Equals(a, b),
    };

    // The order of reflection depends on earlier queries, and both sides must use the same one.
    private static void Insert(List<Field> fields, int first, Field field)
    {
        int at = fields.Count;
        while (at > first && fields[at - 1].Info.MetadataToken > field.Info.MetadataToken)
            at--;

        fields.Insert(at, field);
    }

    // Uses the codecs of structs only: unlike classes, structs cannot contain themselves.
    private static int MinimumSizeOf(Type type)
    {
        if (type == typeof(string))
            return sizeof(int);

        return type.IsValueType && !TypeChecks.IsUnusable(type) ? Codec.For(type).MinimumSize : 1;
    }

    private static bool IsReadOnlyDelegate(FieldInfo info) => info.IsInitOnly && typeof(Delegate).IsAssignableFrom(info.FieldType);

    private static bool IsConstant(Type type) =>
        type == typeof(string)
            || (type.IsValueType && (type.IsPrimitive || type.IsEnum || TypeChecks.IsInCoreLibrary(type)) && BlittableTypes.MayCopy(type));

    private class Field(FieldInfo info)
    {
        internal readonly FieldInfo Info = info;

        private Codec? _codec;

        internal Codec Codec => _codec ??= Codec.For(Info.FieldType);

        internal string Segment => GraphPath.OfField(Info.Name);

        internal virtual void Write(PayloadWriter writer, object? value) => Codec.WriteObject(writer, value);

        internal virtual object? Read(PayloadReader reader) => Codec.ReadObject(reader);
    }

    /// <summary>The comparer of a collection of the framework.</summary>
    private sealed class ComparerField(FieldInfo info) : Field(info)
    {
        internal override void Write(PayloadWriter writer, object? value)
        {
            if (value is not null)
                Comparers.Check(writer, value, Info.DeclaringType!);

            base.Write(writer, value);
        }

        internal override object? Read(PayloadReader reader)
        {
            object? value = base.Read(reader);
            if (value is not null)
                Comparers.Check(reader, value, Info.DeclaringType!);

            return value;
        }
    }

    /// <summary>A field marked with <see cref="NonSerializedAttribute"/> in a type that does not restore it.</summary>
    private sealed class OptionalField(FieldInfo info) : Field(info)
    {
        internal override void Write(PayloadWriter writer, object? value)
        {
            nint start = writer.Length;
            ReferenceTable references = writer.References;
            ReferenceTable.State mark = references.Mark();
            writer.Write((byte)1);
            try
            {
                // A separate part, so that it can be removed completely.
                ReferenceTable.Part outer = references.BeginPart();
                Codec.WriteObject(writer, value);
                references.EndPart(outer);
            }
            catch (WorkSerializationException)
            {
                writer.Truncate(start);
                references.Restore(mark);
                writer.Write((byte)0);
            }
        }

        internal override object? Read(PayloadReader reader)
        {
            if (reader.Read<byte>() == 0)
                return null;

            PayloadReader.Part outer = reader.BeginPart();
            object? value = Codec.ReadObject(reader);
            reader.EndPart(outer);
            return value;
        }
    }
}
