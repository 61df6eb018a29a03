using System.Reflection;
using System.Runtime.Serialization;

namespace Tandem.Serialization;

#pragma warning disable SYSLIB0050, SYSLIB0051 // Obsolete like the formatters, but types still implement the protocol.

/// <summary>
/// Classes that define their own serialized form: <see cref="ISerializable"/> with its constructor, and <see cref="IObjectReference"/>.
/// </summary>
internal sealed class ProtocolShape : Shape
{
    /// <summary>The object's fields follow.</summary>
    private const byte ByFields = 0;

    /// <summary>The type to create follows, with named values for its constructor.</summary>
    private const byte ByValues = 1;

    private static readonly Type[] Parameters = [typeof(SerializationInfo), typeof(StreamingContext)];

    private readonly SerializationCallbacks? _callbacks;

    private FieldPlan? _plan; // created when first needed

    private ProtocolShape(Type type)
        : base(type, ShapeTraits.Tracked) => _callbacks = SerializationCallbacks.Find(type);

    // For objects that do not provide named values.
    private FieldPlan Plan => _plan ??= new FieldPlan(WireType, null, _callbacks);

    /// <summary>
    /// Returns the shape of a class with such a protocol. Null for other classes, and if the framework implements the protocol, because
    /// most of its implementations throw.
    /// </summary>
    internal static Shape? Find(Type type)
    {
        bool serializable = typeof(ISerializable).IsAssignableFrom(type);
        if ((!serializable && !typeof(IObjectReference).IsAssignableFrom(type)) || TypeChecks.IsOfFramework(type))
            return null;

        if (serializable)
        {
            Type? implementer = type.GetInterfaceMap(typeof(ISerializable)).TargetMethods[0].DeclaringType;
            if (implementer is null || TypeChecks.IsOfFramework(implementer))
                return null;
        }

        return new ProtocolShape(type);
    }

    internal override void Write(PayloadWriter writer, object value)
    {
        _callbacks?.Serializing(value);
        try
        {
            if (value is ISerializable serializable && ValuesOf(serializable) is { } info)
            {
                WriteValues(writer, info);
            }
            else
            {
                writer.Write(ByFields);
                Plan.Write(writer, value);
            }
        }
        finally
        {
            _callbacks?.Serialized(value);
        }
    }

    internal override object? Read(PayloadReader reader)
    {
        int number = reader.ReserveNumber();
        byte kind = reader.Read<byte>();
        if (kind > ByValues)
            throw new PayloadCorruptException($"{TypeChecks.WithArticle(WireType)} of kind {kind}");

        Type type = kind == ByValues ? TypeNames.Read(reader) : WireType;
        if (!typeof(ISerializable).IsAssignableFrom(type) && !typeof(IObjectReference).IsAssignableFrom(type))
        {
            throw new PayloadCorruptException(
                $"{TypeChecks.WithArticle(type)} where a type with its own serialization protocol was expected");
        }

        object value = PlainShape.Make(type);
        reader.Finish(number, value);
        SerializationCallbacks? callbacks = type == WireType ? _callbacks : SerializationCallbacks.Find(type);
        callbacks?.Deserializing(value);
        if (kind == ByValues)
            Construct(reader, value, type);
        else
            Plan.Read(reader, value);

        if (value is IObjectReference reference)
        {
            callbacks?.Finish(value, null);
            value = RealObject(reference);
            reader.Finish(number, value);
        }
        else if (callbacks?.CompletesObjects == true)
        {
            reader.FinishLater(callbacks, value);
        }

        return value;
    }

    /// <summary>Returns the named values of an object; null if only its fields describe it.</summary>
    private static SerializationInfo? ValuesOf(ISerializable value)
    {
        Type type = value.GetType();
        var info = new SerializationInfo(type, new FormatterConverter());
        try
        {
            value.GetObjectData(info, SerializationCallbacks.StreamingContext);
        }
        catch (PlatformNotSupportedException)
        {
            // A base type belongs to the framework, which no longer supports the protocol.
            return null;
        }
        catch (Exception e) when (e is not WorkSerializationException)
        {
            throw new WorkSerializationException(
                $"GetObjectData of {TypeChecks.WithArticle(type)} threw {e.GetType().Name}: {e.Message}", null, e);
        }

        if (ConstructorOf(info.ObjectType) is not null
            || (info.ObjectType != type && !typeof(ISerializable).IsAssignableFrom(info.ObjectType)))
            return info;

        return info.ObjectType == type ? null : throw new WorkSerializationException(
            $"{TypeChecks.WithArticle(type)} asks to be rebuilt as {TypeChecks.WithArticle(info.ObjectType)}, "
                + "which lacks the constructor for it");
    }

    private static void WriteValues(PayloadWriter writer, SerializationInfo info)
    {
        writer.Write(ByValues);
        TypeNames.Write(writer, info.ObjectType);
        writer.Write(info.MemberCount);
        ReferenceTable.Part outer = writer.References.BeginPart();
        foreach (SerializationEntry entry in info)
        {
            writer.WriteString(entry.Name);
            try
            {
                Codec<object?>.Instance.Write(writer, entry.Value);
            }
            catch (WorkSerializationException e) when (GraphPath.Add(e, "." + entry.Name))
            {
                throw;
            }
        }

        writer.References.EndPart(outer);
    }

    private static void Construct(PayloadReader reader, object value, Type type)
    {
        int count = reader.ReadCount(sizeof(int) + 1);
        var info = new SerializationInfo(type, new FormatterConverter());

        // The values must be complete before the constructor runs, because it may access anything.
        PayloadReader.Part outer = reader.BeginPart();
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString() ?? throw new PayloadCorruptException("a value without a name");
            object? read = Codec<object?>.Instance.Read(reader);
            Rebuilding.Run(
                static s =>
                {
                    s.info.AddValue(s.name, s.read, s.read?.GetType() ?? typeof(object));
                    return true;
                },
                (info, name, read));
        }

        reader.EndPart(outer);
        try
        {
            if (ConstructorOf(type) is { } constructor)
                constructor.Invoke(value, BindingFlags.DoNotWrapExceptions, null, [info, SerializationCallbacks.StreamingContext], null);
            else
                SetFields(value, type, info);
        }
        catch (Exception e)
        {
            throw SerializationCallbacks.Failed(value, "the constructor for SerializationInfo", e);
        }
    }

    /// <summary>Sets fields from the values by name, as formatters did for an object without such a constructor.</summary>
    private static void SetFields(object value, Type type, SerializationInfo info)
    {
        foreach (SerializationEntry entry in info)
        {
            FieldInfo? field = type.GetField(entry.Name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
            field?.SetValue(value, entry.Value);
        }
    }

    private static object RealObject(IObjectReference reference)
    {
        try
        {
            return reference.GetRealObject(SerializationCallbacks.StreamingContext);
        }
        catch (Exception e)
        {
            throw SerializationCallbacks.Failed(reference, nameof(IObjectReference.GetRealObject), e);
        }
    }

    private static ConstructorInfo? ConstructorOf(Type type) => type.GetConstructor(
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly, null, Parameters, null);
}
