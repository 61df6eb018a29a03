namespace Tandem.Compare.Statistics;

/// <summary>The relation of an interval to a bound.</summary>
internal enum Certainty
{
    /// <summary>The bound lies within the interval: more rounds, or less noise, would be needed.</summary>
    Unclear,

    /// <summary>The whole interval is at or above the bound.</summary>
    Yes,

    /// <summary>The whole interval is below the bound.</summary>
    No,
}
