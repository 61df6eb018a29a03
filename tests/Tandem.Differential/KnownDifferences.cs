namespace Tandem.Differential;

/// <summary>What processes are known to do otherwise, with the reason. No case may fail that is not here.</summary>
public static class KnownDifferences
{
    private static readonly (string? Form, string? Value, string Reason)[] All =
    [
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
