namespace Tandem;

/// <summary>The options of one call.</summary>
public sealed class WorkOptions
{
    /// <summary>The item's name in errors and logs.</summary>
    /// <value>Any text. The default is <see langword="null"/>: the name of the method that runs.</value>
    public string? Name { get; set; }

    /// <summary>Which of the waiting items run first. Among items of equal priority, the one that was submitted first.</summary>
    /// <value>The default is <see cref="WorkPriority.Normal"/>.</value>
    public WorkPriority Priority { get; set; }

    /// <summary>The item's limits.</summary>
    /// <value>The default is <see langword="null"/>: the pool's <see cref="WorkerPoolOptions.DefaultLimits"/>.</value>
    public WorkLimits? Limits { get; set; }
}
