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
    /// A number of items, at least 1. The default is <see langword="null"/>: two items a worker while items take long, more while they are
    /// short (up to 32,768).
    /// </value>
    public int? MaxLookAhead { get; set; }

    /// <summary>
    /// The most items that travel together. Small items are sent in chunks whose size follows the measured time per item; limits,
    /// errors and crashes are per item all the same.
    /// </summary>
    /// <value>A number of items between 1 and 65,536; 1 sends each item alone. The default is 4,096.</value>
    public int MaxChunkSize { get; set; } = 4096;

    /// <summary>The name of the items in errors and logs; the item's index follows it.</summary>
    /// <value>Any text. The default is <see langword="null"/>: the name of the method that runs.</value>
    public string? Name { get; set; }

    /// <summary>Which of the items that wait in the pool goes first; among equals, the one that came first.</summary>
    /// <value>The default is <see cref="WorkPriority.Normal"/>.</value>
    public WorkPriority Priority { get; set; }

    /// <summary>The limits of each item. Items with a time limit, a memory limit or retries travel one by one.</summary>
    /// <value>The default is <see langword="null"/>: the pool's <see cref="WorkerPoolOptions.DefaultLimits"/>.</value>
    public WorkLimits? Limits { get; set; }

    internal MapOptions Validated()
    {
        Check(MaxLookAhead is null or >= 1, nameof(MaxLookAhead), MaxLookAhead, "at least 1");
        Check(MaxChunkSize is >= 1 and <= 65_536, nameof(MaxChunkSize), MaxChunkSize, "between 1 and 65,536");
        return (MapOptions)MemberwiseClone();
    }

    private static void Check(bool valid, string property, object? value, string expected) =>
        Option.Check(valid, nameof(MapOptions), property, value, expected);
}
