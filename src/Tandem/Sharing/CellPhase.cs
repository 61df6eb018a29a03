namespace Tandem.Sharing;

/// <summary>The phase of a cell.</summary>
internal enum CellPhase
{
    /// <summary>Free for a writer.</summary>
    Empty = 0,

    /// <summary>Claimed by a writer.</summary>
    Writing = 1,

    /// <summary>Holds an element.</summary>
    Full = 2,

    /// <summary>Claimed by a reader.</summary>
    Reading = 3,

    /// <summary>The writer died, or claimed the cell after completion. Readers skip the cell.</summary>
    Skipped = 4,
}
