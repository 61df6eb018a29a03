using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>Objects, by their fields. No constructor runs, but the type's serialization callbacks do.</summary>
internal sealed class PlainShape : Shape
{
    private readonly SerializationCallbacks? _callbacks;
    private readonly FieldPlan _plan;

    internal PlainShape(Type type)
        : base(type, ShapeTraits.Tracked)
    {
        _callbacks = SerializationCallbacks.Find(type);
        _plan = new FieldPlan(type, null, _callbacks);
    }

    /// <summary>Returns the shape of a class; a class whose objects are identified by reference has another shape.</summary>
    internal static Shape Choose(Type type)
    {
        if (ProtocolShape.Find(type) is { } protocol)
            return protocol;

        var plain = new PlainShape(type);
        if (TypeChecks.IsOfFramework(type))
            return FrameworkInstanceShape.Wrap(plain, type);

        if (plain._callbacks is not null || StaticInstances.Find(type) is not { } instances)
            return plain;

        return plain._plan.OnlyConstants
            ? new StaticInstanceShape(type, plain._plan, instances) : new StatefulInstanceShape(plain, plain._plan, instances);
    }

    internal override void Write(PayloadWriter writer, object value)
    {
        if (_callbacks is null)
            _plan.Write(writer, value);
        else
            _callbacks.Write(writer, value, _plan);
    }

    internal override object? Read(PayloadReader reader)
    {
        object value = Make();
        reader.Objects.Add(value);
        ReadContents(reader, value);
        return value;
    }

    /// <summary>Reads the fields of an object that <see cref="Make()"/> created.</summary>
    internal void ReadContents(PayloadReader reader, object value)
    {
        _callbacks?.Deserializing(value);
        _plan.Read(reader, value);
        if (_callbacks?.CompletesObjects == true)
            reader.FinishLater(_callbacks, value);
    }

    /// <summary>Creates an object without contents.</summary>
    internal object Make() => Make(WireType);

    /// <summary>Creates an object of a type, without contents.</summary>
    internal static object Make(Type type)
    {
        try
        {
            return RuntimeHelpers.GetUninitializedObject(type);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or MemberAccessException)
        {
            // Only the runtime creates objects of this type.
            throw new PayloadCorruptException($"an object of the type {TypeChecks.Display(type)}: {e.Message}", e);
        }
        catch (TypeInitializationException e)
        {
            throw new RebuildException(
                $"the static constructor of {TypeChecks.Display(type)} failed here: {(e.InnerException ?? e).Message}", e);
        }
    }
}
