namespace Tandem;

/// <summary>The limits of an item, combined with the pool's defaults. Most items have no limits, and no such object.</summary>
internal sealed record ItemLimits(TimeSpan? Timeout, TimeSpan? QueueTimeout, long MaxMemory, int MaxCrashRetries, WorkPriority Priority)
{
    private const long SmallestMemory = 16L * 1024 * 1024;

    private static readonly ItemLimits None = new(null, null, 0, 0, WorkPriority.Normal);

    private static readonly WorkLimits NotSet = new();

    /// <summary>
    /// Whether elements of a map must be sent one by one, because a limit that one element exceeds must not affect others.
    /// </summary>
    internal bool IsPerElement => Timeout is not null || QueueTimeout is not null || MaxMemory > 0 || MaxCrashRetries > 0;

    /// <summary>Returns the limits of a call; null if it has none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range; the message names it.</exception>
    internal static ItemLimits? Of(WorkOptions? options, ItemLimits? defaults) =>
        options is null ? defaults : Of(options.Limits, options.Priority, nameof(WorkOptions), defaults);

    /// <param name="limits">The limits of the call.</param>
    /// <param name="priority">The priority of the call.</param>
    /// <param name="owner">The class that declares the property Priority, for the error.</param>
    /// <param name="defaults">The limits of the pool.</param>
    /// <inheritdoc cref="Of(WorkOptions?, ItemLimits?)"/>
    internal static ItemLimits? Of(WorkLimits? limits, WorkPriority priority, string owner, ItemLimits? defaults)
    {
        if (priority == WorkPriority.Normal
            && limits is null or { Timeout: null, QueueTimeout: null, MaxMemory: null, MaxCrashRetries: null })
        {
            return defaults;
        }

        Option.Check(priority is >= WorkPriority.Low and <= WorkPriority.High, owner, nameof(Priority), priority, "Low, Normal or High");
        limits ??= NotSet;
        Check(
            limits.Timeout is null || Option.IsPositiveDuration(limits.Timeout.Value),
            nameof(limits.Timeout), limits.Timeout, "positive, at most 24 days");
        Check(
            limits.QueueTimeout is null || Option.IsPositiveDuration(limits.QueueTimeout.Value),
            nameof(limits.QueueTimeout), limits.QueueTimeout, "positive, at most 24 days");
        Check(
            limits.MaxMemory is null or >= SmallestMemory,
            nameof(limits.MaxMemory), limits.MaxMemory, "at least 16 MiB, which an empty worker takes");
        Check(
            limits.MaxCrashRetries is null or (>= 0 and <= 1000),
            nameof(limits.MaxCrashRetries), limits.MaxCrashRetries, "between 0 and 1000");
        defaults ??= None;
        var result = new ItemLimits(
            limits.Timeout ?? defaults.Timeout,
            limits.QueueTimeout ?? defaults.QueueTimeout,
            limits.MaxMemory ?? defaults.MaxMemory,
            limits.MaxCrashRetries ?? defaults.MaxCrashRetries,
            priority);
        return result == None ? null : result;
    }

    private static void Check(bool valid, string property, object? value, string expected) =>
        Option.Check(valid, nameof(WorkLimits), property, value, expected);
}
