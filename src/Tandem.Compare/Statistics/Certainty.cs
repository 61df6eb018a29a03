namespace Tandem.Compare.Statistics;

/// <summary>What an interval says of a bound.</summary>
internal enum Certainty
{
    /// <summary>The bound lies within the interval: more rounds, or less noise, would be needed.</summary>
    Unclear,

    /// <summary>The whole interval reaches the bound.</summary>
    Yes,

    /// <summary>The whole interval stays below the bound.</summary>
    No,
}
