namespace Tandem.Differential;

/// <summary>What processes are known to do otherwise, with the reason. No case may fail that is not here.</summary>
public static class KnownDifferences
{
    private static readonly (string? Form, string? Value, string Reason)[] All =
    [
        (null, "singleton compared by reference", "nothing tells that a user's class has one object for each value, which compares by reference"),
        (null, "hash code kept in a field", "a user's class keeps a hash code of a string, which is another number in each process"),
        (null, "set of hash codes kept", "a user's class keeps a hash code of a string, which is another number in each process"),
    ];

    /// <summary>The reason for a form with a value, or null.</summary>
    public static string? Find(string form, string value)
    {
        foreach ((string? knownForm, string? knownValue, string reason) in All)
        {
            if ((knownForm ?? form) == form && (knownValue ?? value) == value)
                return reason;
        }

        return null;
    }
}
