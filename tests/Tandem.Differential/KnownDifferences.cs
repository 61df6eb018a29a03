using System.Reflection;

namespace Tandem.Differential;

/// <summary>What processes are known to do otherwise, with the reason. No case may fail that is not here.</summary>
public static class KnownDifferences
{
    private static readonly (string? Form, string? Value, string Reason)[] All =
    [
        ("Progress", "large int[]", "a report of progress has at most 60 KiB"),
        ("Progress", "long string", "a report of progress has at most 60 KiB"),
        ("Progress", "long message", "a report of progress has at most 60 KiB"),
        ("Progress", "large AggregateException", "a report of progress has at most 60 KiB"),
        ("As_a_key_of_a_dictionary", "ReadOnlyMemory of text", "memory compares by reference to its text, and short texts are copied wherever they are"),
        ("In_a_set_of_objects", "ReadOnlyMemory of text", "memory compares by reference to its text, and short texts are copied wherever they are"),
        ("As_a_key_of_a_dictionary", "JsonElement", "elements compare by reference to their document, and each brings its own"),
        ("In_a_set_of_objects", "JsonElement", "elements compare by reference to their document, and each brings its own"),
        ("Called_upon", "ImmutableHashSet", "its order, which JSON shows, follows from hash codes of strings, which differ by process"),
        ("Only_turned_into_json", "ImmutableHashSet", "its order, which JSON shows, follows from hash codes of strings, which differ by process"),
        ("In_an_anonymous_object", "ImmutableHashSet", "its order, which JSON shows, follows from hash codes of strings, which differ by process"),
        ("In_an_anonymous_object_that_is_only_passed_on", "ImmutableHashSet", "its order, which JSON shows, follows from hash codes of strings, which differ by process"),
        ("In_an_array_of_anonymous_objects_read_in_part", "ImmutableHashSet", "its order, which JSON shows, follows from hash codes of strings, which differ by process"),
        ("", "ImmutableHashSet", "generated programs turn what they have into JSON, which shows the order that follows from hash codes of strings"),
        ("In_a_list_twice", "SqlString", "each copy makes the comparer that it tells of when it is first asked"),
        (null, "hash code kept in a field", "a user's class keeps a hash code of a string, which is another number in each process"),
        (null, "set of hash codes kept", "a user's class keeps a hash code of a string, which is another number in each process"),
    ];

    /// <summary>The reason for a form with a value, or null.</summary>
    public static string? Find(MethodInfo form, Value value)
    {
        if (form.DeclaringType == typeof(Forms.Exceptions) && value.Refused is not null)
            return "an exception arrives without those of its members that cannot travel";

        if (form.Name == nameof(Forms.Exceptions.Thrown_with_data) && !IsSimple(value.Type))
            return "the data of an exception brings simple values, and others as text";

        return Find(form.Name, value.Name) ?? OfCode(value);
    }

    /// <summary>The reason for any form with a value, or null.</summary>
    public static string? Find(Value value) => Find("", value.Name) ?? OfCode(value);

    private static string? OfCode(Value value) =>
        value.BringsCode ? "delegates, and comparers of the program, come back only where the program has declared them" : null;

    private static bool IsSimple(Type type)
    {
        Type one = type.IsSZArray ? type.GetElementType()! : type;
        return one.IsPrimitive || one == typeof(string) || one == typeof(decimal) || one == typeof(Guid) || one == typeof(DateTime);
    }

    private static string? Find(string form, string value)
    {
        foreach ((string? knownForm, string? knownValue, string reason) in All)
        {
            if ((knownForm ?? form) == form && (knownValue ?? value) == value)
                return reason;
        }

        return null;
    }
}
