using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Tandem.Tests.Serialization;

/// <summary>What can be seen of a value from outside: its text, its elements, its public properties, and theirs.</summary>
internal static class Description
{
    private const int Deepest = 3;
    private const int MostElements = 12;

    /// <summary>Properties that differ from moment to moment, or from process to process, for a good reason.</summary>
    private static readonly HashSet<string> Ignored =
    [
        "SyncRoot", "Handle", "Elapsed", "ElapsedMilliseconds", "ElapsedTicks", "TimeStamp", "Capacity", "EnsureCapacity", "DeclaringMethod",
        "TypeHandle", "MethodHandle", "FieldHandle", "Module", "Assembly", "StructLayoutAttribute", "BaseType", "ReflectedType",
    ];

    internal static string Of(object? value)
    {
        var text = new StringBuilder();
        Append(text, value, 0, []);
        return text.ToString();
    }

    private static void Append(StringBuilder text, object? value, int depth, List<object> around)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                return;
            case string s:
                text.Append('"').Append(s).Append('"');
                return;
            case Type or Pointer or MemberInfo or Delegate:
                text.Append(value.GetType().Name);
                return;
            case IFormattable f when value.GetType().IsPrimitive || value is Enum or decimal or DateTime or TimeSpan or Guid:
                text.Append(f.ToString(null, CultureInfo.InvariantCulture));
                return;
        }

        Type type = value.GetType();
        text.Append(type.Name);
        if (depth == Deepest || around.Exists(a => ReferenceEquals(a, value)))
            return;

        around.Add(value);
        text.Append('{');
        if (type.GetMethod(nameof(ToString), Type.EmptyTypes) is { } method && method.DeclaringType != typeof(object) && method.DeclaringType != typeof(ValueType))
            text.Append(Try(() => value.ToString()));

        if (value is IEnumerable elements)
            AppendElements(text, elements, depth, around);

        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public).OrderBy(p => p.Name, StringComparer.Ordinal))
        {
            if (property.GetIndexParameters().Length > 0 || property.GetMethod?.IsPublic != true || Ignored.Contains(property.Name) || IsByRef(property.PropertyType))
                continue;

            object? read = null;
            string? failed = Try(() =>
            {
                read = property.GetValue(value);
                return null;
            });
            text.Append(' ').Append(property.Name).Append('=').Append(failed);
            if (failed is null)
                Append(text, read, depth + 1, around);
        }

        text.Append('}');
        around.RemoveAt(around.Count - 1);
    }

    private static void AppendElements(StringBuilder text, IEnumerable elements, int depth, List<object> around)
    {
        text.Append('[');
        text.Append(Try(() =>
        {
            int count = 0;
            foreach (object? element in elements)
            {
                if (++count > MostElements)
                    break;

                Append(text, element, depth + 1, around);
                text.Append(',');
            }

            return null;
        }));
        text.Append(']');
    }

    private static bool IsByRef(Type type) => type.IsByRefLike || type.IsByRef || type.IsPointer;

    private static string? Try(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (Exception e)
        {
            return $"({(e.InnerException ?? e).GetType().Name})";
        }
    }
}
