using System.Reflection;
using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>The fields of a class or struct that make up its state, private and inherited ones included.</summary>
/// <remarks>
/// A field marked with <see cref="NonSerializedAttribute"/> stays behind and has its default on arrival: that is how a type says
/// which of its state belongs to one process.
/// </remarks>
internal sealed class FieldPlan
{
    private const BindingFlags OwnFields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly Field[] _fields;

    /// <summary>Plans a type with its base types, up to but without <paramref name="end"/>.</summary>
    internal FieldPlan(Type type, Type? end = null)
    {
        var fields = new List<Field>();
        int size = 0;
        for (Type? declaring = type; declaring is not null && declaring != end; declaring = declaring.BaseType)
        {
            int first = fields.Count;
            foreach (FieldInfo info in declaring.GetFields(OwnFields))
            {
                if ((info.Attributes & NotSerialized) != 0)
                    continue;

                Insert(fields, first, new Field(info));
                size += MinimumSizeOf(info.FieldType);
            }
        }

        _fields = [.. fields];
        MinimumSize = size;
    }

    /// <summary>See <see cref="Codec.MinimumSize"/>; 0 where there are no fields.</summary>
    internal int MinimumSize { get; }

    internal int Count => _fields.Length;

    // FieldAttributes.NotSerialized is marked obsolete together with the formatters that it was made for.
    private static FieldAttributes NotSerialized => (FieldAttributes)0x0080;

    /// <summary>Writes the fields of an object or of a boxed struct.</summary>
    internal void Write(PayloadWriter writer, object value)
    {
        Field[] fields = _fields;
        int i = 0;
        try
        {
            for (; i < fields.Length; i++)
                fields[i].Codec.WriteObject(writer, fields[i].Info.GetValue(value));
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
            field.Info.SetValue(value, field.Codec.ReadObject(reader));
    }

    /// <summary>Writes one field.</summary>
    internal void WriteField(PayloadWriter writer, object value, int index) =>
        _fields[index].Codec.WriteObject(writer, _fields[index].Info.GetValue(value));

    /// <summary>Reads the value of one field.</summary>
    internal object? ReadValue(PayloadReader reader, int index) => _fields[index].Codec.ReadObject(reader);

    /// <summary>Sets one field.</summary>
    internal void SetValue(object target, int index, object? value) => _fields[index].Info.SetValue(target, value);

    // Reflection gives the fields in an order that depends on what was asked before; both sides need the same one.
    private static void Insert(List<Field> fields, int first, Field field)
    {
        int at = fields.Count;
        while (at > first && fields[at - 1].Info.MetadataToken > field.Info.MetadataToken)
            at--;

        fields.Insert(at, field);
    }

    // Asks codecs of structs only: these cannot contain themselves, as classes can.
    private static int MinimumSizeOf(Type type)
    {
        if (type == typeof(string))
            return sizeof(int);

        return type.IsValueType && !TypeChecks.IsUnusable(type) ? Codec.For(type).MinimumSize : 1;
    }

    private sealed class Field(FieldInfo info)
    {
        internal readonly FieldInfo Info = info;

        private Codec? _codec;

        internal Codec Codec => _codec ??= Codec.For(Info.FieldType);

        internal string Segment => GraphPath.OfField(Info.Name);
    }
}

/// <summary>Objects by their fields; no constructor runs.</summary>
internal sealed class PlainShape(Type type) : Shape(type, ShapeTraits.Tracked)
{
    private readonly FieldPlan _plan = new(type);

    internal override void Write(PayloadWriter writer, object value) => _plan.Write(writer, value);

    internal override object? Read(PayloadReader reader)
    {
        object value = Make();
        reader.Objects.Add(value);
        _plan.Read(reader, value);
        return value;
    }

    private object Make()
    {
        try
        {
            return RuntimeHelpers.GetUninitializedObject(WireType);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or MemberAccessException)
        {
            // Types that only the runtime makes objects of.
            throw new PayloadCorruptException($"an object of the type {TypeChecks.Display(WireType)}: {e.Message}", e);
        }
    }
}
