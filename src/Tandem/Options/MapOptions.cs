namespace Tandem;

/// <summary>How a <c>MapAsync</c> or <c>ForEachAsync</c> goes through its source.</summary>
public sealed class MapOptions
{
    /// <summary>Whether results come in the order of their items; otherwise each comes when it is there.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool Ordered { get; set; } = true;

    /// <summary>
    /// How many items may be read from the source ahead of the result that the consumer has taken: the bound on memory, and on
    /// how much an abandoned enumeration has done in vain.
    /// </summary>
    /// <value>
    /// The default is <see langword="null"/>: two items a worker while items take long, more while they are short (up to 32,768).
    /// </value>
    public int? LookAhead { get; set; }

    /// <summary>
    /// The most items that travel together. Small items are sent in chunks whose size follows the measured time per item; limits,
    /// errors and crashes are per item all the same.
    /// </summary>
    /// <value>The default is 4,096; 1 sends each item alone.</value>
    public int MaximumChunkSize { get; set; } = 4096;

    /// <summary>The name of the items in errors and logs; the item's index follows it.</summary>
    /// <value>The default is <see langword="null"/>: the name of the method that runs.</value>
    public string? Name { get; set; }

    /// <summary>
    /// The limits of each item; null for the pool's own. Items with a time limit, a memory limit or retries travel one by one. The
    /// <see cref="WorkOptions.Name"/> is not used.
    /// </summary>
    /// <value>The default is <see langword="null"/>.</value>
    public WorkOptions? Limits { get; set; }

    internal MapOptions Validated()
    {
        if (LookAhead is < 1)
            throw new ArgumentOutOfRangeException(nameof(LookAhead), LookAhead, $"{nameof(MapOptions)}.{nameof(LookAhead)} must be at least 1.");

        if (MaximumChunkSize is < 1 or > 65_536)
            throw new ArgumentOutOfRangeException(nameof(MaximumChunkSize), MaximumChunkSize, $"{nameof(MapOptions)}.{nameof(MaximumChunkSize)} must be between 1 and 65,536.");

        return (MapOptions)MemberwiseClone();
    }
}
