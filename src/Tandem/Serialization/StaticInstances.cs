using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// The objects of a class that its static fields hold: type-safe enumerations (<c>Status.Paid</c>) and singletons. They are compared by
/// reference, even if the class overrides <see cref="object.Equals(object)"/>: a copy would be equal to none of them.
/// </summary>
internal sealed class StaticInstances
{
    private const BindingFlags OwnStatic = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private const BindingFlags PublicStatic = BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly;

    private readonly MemberInfo[] _members; // in an order that is the same in both processes
    private readonly object?[] _values; // by member, once read

    private StaticInstances(List<MemberInfo> members)
    {
        // Read-only members first: a mutable field such as "Current" may hold one of the same objects.
        members.Sort(static (a, b) =>
            CanChange(a) == CanChange(b) ? a.MetadataToken.CompareTo(b.MetadataToken) : CanChange(a) ? 1 : -1);
        _members = [.. members];
        _values = new object?[_members.Length];
    }

    // Enclosing classes are not searched: that would run static constructors that the program has not triggered.

    /// <summary>Returns the instances of a class, in its fields and those of its base types; null if there are none.</summary>
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
    /// Returns the instances of a framework class, in its public members. The framework is the same in both processes, so the objects are
    /// too, except those that depend on current settings.
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

    /// <summary>Returns the number of the member that holds an object, or -1.</summary>
    internal int Find(object value)
    {
        for (int i = 0; i < _members.Length; i++)
        {
            if (ReferenceEquals(At(i), value))
                return i;
        }

        return -1;
    }

    /// <summary>Returns the object that a member holds in this process; null if there is no such member, or it has no value.</summary>
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
            // A static constructor threw an exception.
            return null;
        }
    }

    private static bool CanChange(MemberInfo member) => member is FieldInfo { IsInitOnly: false };

    private static bool IsOf(Type declared, Type type) => declared != typeof(object) && declared.IsAssignableFrom(type);

    private static void AddFrom(Type declaring, Type type, List<MemberInfo> fields)
    {
        foreach (FieldInfo field in declaring.GetFields(OwnStatic))
        {
            // Enumerations are often written without "readonly". Thread-static fields do not count.
            if (IsOf(field.FieldType, type) && (field.IsInitOnly || !field.IsDefined(typeof(ThreadStaticAttribute), false)))
                fields.Add(field);
        }
    }
}
