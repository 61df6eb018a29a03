using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Serialization;

namespace Tandem.Serialization;

/// <summary>
/// Closes a declared type: computes all types that its values can consist of. That is possible if each member, element and type argument
/// stands for one type, or for one of those that the program has named.
/// </summary>
/// <remarks>
/// Types are refused whose values run code of the program when they are read: serialization callbacks, finalizers, keys with hash codes of
/// their own. Static constructors run when the type is closed, and not when a value arrives.
/// </remarks>
internal sealed class ClosedTypes
{
    private readonly Dictionary<Type, ClosedType> _types = [];
    private readonly Dictionary<Type, ClosedObject> _objects = [];
    private readonly Type[] _named;

    private ClosedTypes(Type[] named) => _named = named;

    /// <summary>Closes a type.</summary>
    /// <param name="declared">The type that the program declared for a value.</param>
    /// <param name="named">The types that may stand where one of their base types or interfaces is declared.</param>
    /// <exception cref="WorkSerializationException">A member keeps the set of types open; the path names it.</exception>
    internal static ClosedType Close(Type declared, params Type[] named) => new ClosedTypes(named).For(declared);

    private ClosedType For(Type type)
    {
        if (_types.TryGetValue(type, out ClosedType? known))
            return known;

        if (ClosedLeaves.Find(type) is { } leaf)
            return leaf;

        if (TypeChecks.IsUnusable(type))
            throw new WorkSerializationException(Refusals.ForUnusable(type));

        if (type.IsEnum)
            return _types[type] = new ClosedEnum(type, ClosedLeaves.Find(Enum.GetUnderlyingType(type))!);

        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return _types[type] = new ClosedNullable(For(underlying));

        return type.IsValueType ? StructureOf(type) : ReferenceTo(type);
    }

    private ClosedFields StructureOf(Type type)
    {
        if (!IsTuple(type))
            CheckOwn(type);

        var structure = new ClosedFields(type);
        _types.Add(type, structure);
        structure.Fields = FieldsOf(type);
        return structure;
    }

    private ClosedReference ReferenceTo(Type type)
    {
        var reference = new ClosedReference(type);
        _types.Add(type, reference);
        var objects = new List<ClosedObject>();
        bool isOpen = type.IsAbstract || type == typeof(object);
        if (!isOpen)
            objects.Add(ObjectOf(type));

        foreach (Type named in _named)
        {
            if (named != type && type.IsAssignableFrom(named) && !named.IsValueType && ClosedLeaves.Find(named) is null)
                objects.Add(ObjectOf(named));
        }

        if (objects.Count == 0)
        {
            throw new WorkSerializationException(
                $"{TypeChecks.WithArticle(type)} stands for any type; declare the type that it has, or name the types that it may have");
        }

        reference.Types = [.. objects];
        return reference;
    }

    private ClosedObject ObjectOf(Type type)
    {
        if (_objects.TryGetValue(type, out ClosedObject? known))
            return known;

        if (type.IsSZArray)
            return Collection(type, typeof(ClosedArray<>), [type.GetElementType()!], false);

        if (type.IsConstructedGenericType)
        {
            Type definition = type.GetGenericTypeDefinition();
            if (definition == typeof(List<>))
                return Collection(type, typeof(ClosedArray<>), type.GenericTypeArguments, true);

            if (definition == typeof(HashSet<>) || definition == typeof(Dictionary<,>))
            {
                Type key = type.GenericTypeArguments[0];
                if (!ClosedLeaves.IsKey(key))
                {
                    throw new WorkSerializationException(
                        $"the keys of {TypeChecks.WithArticle(type)} compute their hash codes with code of the program; use keys that are "
                            + "texts, numbers or times");
                }

                return Collection(
                    type, definition == typeof(HashSet<>) ? typeof(ClosedSet<>) : typeof(ClosedMap<,>), type.GenericTypeArguments);
            }
        }

        if (!IsTuple(type))
            CheckOwn(type);

        var fields = new ClosedFields(type);
        _objects.Add(type, new ClosedClass(fields));
        fields.Fields = FieldsOf(type);
        return _objects[type];
    }

    private ClosedObject Collection(Type type, Type definition, Type[] arguments, params object[] more)
    {
        try
        {
            object[] parameters = [.. Array.ConvertAll(arguments, For), .. more];
            return _objects[type] = (ClosedObject)Activator.CreateInstance(
                definition.MakeGenericType(arguments), BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, parameters,
                null)!;
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, "[]"))
        {
            throw;
        }
    }

    private (FieldInfo Info, ClosedType Type)[] FieldsOf(Type type)
    {
        var fields = new List<(FieldInfo, ClosedType)>();
        for (Type? declaring = type; declaring is not null && declaring != typeof(object); declaring = declaring.BaseType)
        {
            if (declaring != type && !type.IsValueType && !IsTuple(declaring))
                CheckOwn(declaring, isBase: true);

            if (declaring.IsValueType && declaring != type)
                break;

            foreach (FieldInfo field in DeclaredFields.Of(declaring))
            {
                try
                {
                    fields.Add((field, For(field.FieldType)));
                }
                catch (WorkSerializationException e) when (GraphPath.Add(e, GraphPath.OfField(field.Name)))
                {
                    throw;
                }
            }
        }

        return [.. fields];
    }

    private static bool IsTuple(Type type) => type.IsConstructedGenericType && TypeChecks.IsInCoreLibrary(type)
        && type.Namespace is "System" or "System.Collections.Generic"
        && (typeof(ITuple).IsAssignableFrom(type) || type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>));

    [UnconditionalSuppressMessage("Trimming", "IL2059", Justification = "There are no worker processes in a trimmed program.")]
    private static void CheckOwn(Type type, bool isBase = false)
    {
        if (Reason(type, isBase) is { } reason)
            throw new WorkSerializationException($"{TypeChecks.WithArticle(type)} {reason}");

        RuntimeHelpers.RunClassConstructor(type.TypeHandle);
    }

    /// <summary>Returns why values of a type cannot come from a process that is not trusted; null if they can.</summary>
    private static string? Reason(Type type, bool isBase)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
            return "is code";

        if (FrameworkAssemblies.Contains(type.Assembly) || TypeChecks.IsOfFramework(type) || type.Assembly == typeof(ClosedTypes).Assembly)
        {
            return "is a type of the framework that does not come from a worker that is not trusted; "
                + "use arrays, lists, dictionaries, or a type of your own";
        }

        if (typeof(Exception).IsAssignableFrom(type))
            return "is an exception; return its message";

        if (type.IsAbstract && !isBase)
            return "has no objects of its own";

        if (SerializationCallbacks.Find(type) is not null || ImplementsProtocol(type))
            return "has a serialization protocol of its own, which would run code of the program";

        if (!type.IsValueType
            && type.GetMethod("Finalize", BindingFlags.Instance | BindingFlags.NonPublic, Type.EmptyTypes)?.DeclaringType != typeof(object))
            return "has a finalizer, which would run code of the program";

        if (type.IsValueType && (type.StructLayoutAttribute?.Value == LayoutKind.Explicit || type.IsDefined(typeof(InlineArrayAttribute), false)))
            return "has a layout of its own; use fields or an array";

        return null;
    }

#pragma warning disable SYSLIB0050 // Obsolete like the formatters, but types still implement the protocol.
    private static bool ImplementsProtocol(Type type) =>
        typeof(ISerializable).IsAssignableFrom(type) || typeof(IObjectReference).IsAssignableFrom(type);
#pragma warning restore SYSLIB0050
}
