namespace Tandem;

/// <summary>The limits of an item, resolved against the pool's defaults. Most items have none, and then there is no such object.</summary>
internal sealed record ItemLimits(TimeSpan? Timeout, TimeSpan? QueueTimeout, long MemoryLimit, int CrashRetries, WorkPriority Priority)
{
    private const long SmallestMemory = 16L * 1024 * 1024;

    private static readonly ItemLimits None = new(null, null, 0, 0, WorkPriority.Normal);

    /// <summary>Whether elements of a map must travel one by one: what a limit does to one of them must not touch its neighbours.</summary>
    internal bool IsPerElement => Timeout is not null || QueueTimeout is not null || MemoryLimit > 0 || CrashRetries > 0;

    /// <summary>The limits that hold for a call; null when there is none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range; the message names it.</exception>
    internal static ItemLimits? Of(WorkOptions? options, ItemLimits? defaults)
    {
        if (options is null || options is { Timeout: null, QueueTimeout: null, MemoryLimit: null, CrashRetries: null, Priority: null })
            return defaults;

        Check(options.Timeout is null || IsLimit(options.Timeout.Value), nameof(options.Timeout), options.Timeout, "positive, at most 24 days");
        Check(options.QueueTimeout is null || IsLimit(options.QueueTimeout.Value), nameof(options.QueueTimeout), options.QueueTimeout, "positive, at most 24 days");
        Check(options.MemoryLimit is null or >= SmallestMemory, nameof(options.MemoryLimit), options.MemoryLimit, "at least 16 MiB, which an empty worker takes");
        Check(options.CrashRetries is null or (>= 0 and <= 1000), nameof(options.CrashRetries), options.CrashRetries, "between 0 and 1000");
        Check(options.Priority is null or (>= WorkPriority.Low and <= WorkPriority.High), nameof(options.Priority), options.Priority, "Low, Normal or High");
        defaults ??= None;
        var limits = new ItemLimits(
            options.Timeout ?? defaults.Timeout,
            options.QueueTimeout ?? defaults.QueueTimeout,
            options.MemoryLimit ?? defaults.MemoryLimit,
            options.CrashRetries ?? defaults.CrashRetries,
            options.Priority ?? defaults.Priority);
        return limits == None ? null : limits;
    }

    private static bool IsLimit(TimeSpan value) => value > TimeSpan.Zero && value.TotalMilliseconds < int.MaxValue;

    private static void Check(bool valid, string property, object? value, string expected) =>
        Option.Check(valid, nameof(WorkOptions), property, value, expected);
}
