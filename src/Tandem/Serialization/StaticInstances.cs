using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// The objects of a class that its static fields hold: type-safe enumerations (<c>Status.Paid</c>) and singletons. They are compared by
/// reference, also where the class overrides <see cref="object.Equals(object)"/>: a copy would be equal to none of them.
/// </summary>
internal sealed class StaticInstances
{
    private const BindingFlags OwnStatic = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private const BindingFlags PublicStatic = BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly;

    private readonly MemberInfo[] _members;
    private readonly object?[] _values;

    private StaticInstances(List<MemberInfo> members)
    {
        // Those that cannot change first: a field such as "Current" may hold one of them too.
        members.Sort(static (a, b) =>
            CanChange(a) == CanChange(b) ? a.MetadataToken.CompareTo(b.MetadataToken) : CanChange(a) ? 1 : -1);
        _members = [.. members];
        _values = new object?[_members.Length];
    }

    // Not those in types around the class: to look at them would run static constructors that nobody has asked for.

    /// <summary>Finds those of a class, in it and its base types; null where there are none.</summary>
    internal static StaticInstances? Find(Type type)
    {
        if (TypeChecks.IsOfFramework(type) || type.Name.StartsWith('<'))
            return null;

        var fields = new List<MemberInfo>();
        for (Type? declaring = type; declaring is not null && declaring != typeof(object); declaring = declaring.BaseType)
            AddFrom(declaring, type, fields);

        return fields.Count == 0 ? null : new StaticInstances(fields);
    }

    /// <summary>
    /// Finds those of a class of the framework, among its public members: the framework is the same in both processes, so that the objects
    /// are, except for those that depend on what is current.
    /// </summary>
    internal static StaticInstances? FindOfFramework(Type type)
    {
        var members = new List<MemberInfo>();
        for (Type? declaring = type; declaring is not null && TypeChecks.IsOfFramework(declaring); declaring = declaring.BaseType)
        {
            if (declaring == typeof(object))
                break;

            foreach (FieldInfo field in declaring.GetFields(PublicStatic))
            {
                if (field.IsInitOnly && IsOf(field.FieldType, type))
                    members.Add(field);
            }

            foreach (PropertyInfo property in declaring.GetProperties(PublicStatic))
            {
                if (!property.CanWrite && IsOf(property.PropertyType, type) && property.GetIndexParameters().Length == 0
                    && !property.Name.StartsWith("Current", StringComparison.Ordinal))
                    members.Add(property);
            }
        }

        return members.Count == 0 ? null : new StaticInstances(members);
    }

    /// <summary>The number of the member that holds an object, or -1.</summary>
    internal int Find(object value)
    {
        for (int i = 0; i < _members.Length; i++)
        {
            if (ReferenceEquals(At(i), value))
                return i;
        }

        return -1;
    }

    /// <summary>The object that a member holds here; null if there is no such member, or it has no value.</summary>
    internal object? At(int index)
    {
        if ((uint)index >= (uint)_members.Length)
            return null;

        try
        {
            if (_values[index] is { } known)
                return known;

            MemberInfo member = _members[index];
            object? value = member is FieldInfo field ? field.GetValue(null) : ((PropertyInfo)member).GetValue(null);
            if (!CanChange(member))
                _values[index] = value;

            return value;
        }
        catch (Exception)
        {
            // A static constructor that throws.
            return null;
        }
    }

    private static bool CanChange(MemberInfo member) => member is FieldInfo { IsInitOnly: false };

    private static bool IsOf(Type declared, Type type) => declared != typeof(object) && declared.IsAssignableFrom(type);

    private static void AddFrom(Type declaring, Type type, List<MemberInfo> fields)
    {
        foreach (FieldInfo field in declaring.GetFields(OwnStatic))
        {
            // Enumerations are often written without "readonly". What each thread has of its own is none.
            if (IsOf(field.FieldType, type) && (field.IsInitOnly || !field.IsDefined(typeof(ThreadStaticAttribute), false)))
                fields.Add(field);
        }
    }
}
