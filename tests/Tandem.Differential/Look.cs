using System.Text;
using System.Text.Json;

namespace Tandem.Differential;

/// <summary>What one sees of a value in the process where it is looked at.</summary>
public static class Look
{
    /// <summary>The fingerprint, and how the value compares with a new one of the same origin, made here.</summary>
    public static string At<T>(T value, Origin origin)
    {
        object? fresh = Corpus.All[origin.Value].Make(origin.Seed);
        var text = new StringBuilder();
        text.Append(Equality(value, fresh)).Append(' ');
        text.Append(Fingerprint.Of(value));
        return text.ToString();
    }

    /// <summary>The same for two values, with whether they are one object.</summary>
    public static string AtBoth<T1, T2>(T1 first, T2 second, Origin origin) =>
        $"{At(first, origin)} and {Fingerprint.Of(second)} same {first is not (string or ValueType) && ReferenceEquals(first, second)}";

    /// <summary>Whether comparing a value with another one of its origin says something. Some objects are cached by whoever makes them.</summary>
    public static bool IsComparable(object? value) => !(value is Exception or Delegate || IsFunction(value) || IsEmptyByReference(value));

    /// <summary>How serializers, formatters and comparers of others see it.</summary>
    public static string Json<T>(T value)
    {
        try
        {
            // An exception that was thrown has a method, which the serializer refuses; one that arrived has none.
            string text = JsonSerializer.Serialize(value);
            if (text.Contains("\"TargetSite\":", StringComparison.Ordinal))
                return nameof(NotSupportedException);

            // Tasks have numbers, and cookies the time when they were made.
            return text.Contains("\"IsCompletedSuccessfully\":", StringComparison.Ordinal) || text.Contains("\"TimeStamp\":", StringComparison.Ordinal) ? "" : text;
        }
        catch (Exception e)
        {
            return e.GetType().Name;
        }
    }

    /// <summary>Empty collections that compare by reference, of which there is often one for all.</summary>
    private static bool IsEmptyByReference(object? value) => value is Array { Length: 0 } or System.Collections.IList { Count: 0, IsFixedSize: true }
        || value?.GetType().Name.StartsWith("EmptyLookup", StringComparison.Ordinal) == true;

    private static bool IsFunction(object? value) =>
        value?.GetType().BaseType is { IsConstructedGenericType: true, Namespace: "Microsoft.FSharp.Core" } ancestor && ancestor.Name.StartsWith("FSharpFunc", StringComparison.Ordinal);

    private static string Equality(object? value, object? fresh)
    {
        if (!IsComparable(value))
            return "";

        try
        {
            bool equal = Equals(value, fresh) && Equals(fresh, value);
            bool hash = value?.GetHashCode() == fresh?.GetHashCode();
            return $"equal {equal} hash {hash}";
        }
        catch (Exception e)
        {
            return e.GetType().Name;
        }
    }
}
