namespace Tandem;

/// <summary>The options of a <c>MapAsync</c>, <c>MapResultsAsync</c> or <c>ForEachAsync</c>.</summary>
public sealed class MapOptions
{
    /// <summary>Whether results come in the order of their items. Otherwise each result comes as soon as it is available.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool Ordered { get; set; } = true;

    /// <summary>
    /// How many items may be read from the source ahead of the results that the consumer has taken. This limits the memory of the map, and
    /// the work that is lost if the consumer stops early.
    /// </summary>
    /// <value>
    /// A number of items, at least 1. The default is <see langword="null"/>: two items per worker if items take long, and more if they are
    /// short (up to 32,768).
    /// </value>
    public int? MaxLookAhead { get; set; }

    /// <summary>
    /// The maximum number of items that are sent together. Small items are sent in chunks, whose size depends on the measured time per
    /// item. Limits, errors and crashes still apply to each item separately.
    /// </summary>
    /// <value>A number of items between 1 and 65,536. With 1, each item is sent alone. The default is 4,096.</value>
    public int MaxChunkSize { get; set; } = 4096;

    /// <summary>The name of the items in errors and logs; the item's index follows it.</summary>
    /// <value>Any text. The default is <see langword="null"/>: the name of the method that runs.</value>
    public string? Name { get; set; }

    /// <summary>Which of the waiting items run first. Among items of equal priority, the one that was submitted first.</summary>
    /// <value>The default is <see cref="WorkPriority.Normal"/>.</value>
    public WorkPriority Priority { get; set; }

    /// <summary>The limits of each item. Items with a time limit, a memory limit or retries are sent one by one.</summary>
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
