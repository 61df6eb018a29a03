namespace Tandem;

/// <summary>What one call asks for beside its work.</summary>
public sealed class WorkOptions
{
    /// <summary>The item's name in errors and logs.</summary>
    /// <value>Any text. The default is <see langword="null"/>: the name of the method that runs.</value>
    public string? Name { get; set; }

    /// <summary>Which of the items that wait goes first; among equals, the one that came first.</summary>
    /// <value>The default is <see cref="WorkPriority.Normal"/>.</value>
    public WorkPriority Priority { get; set; }

    /// <summary>The item's limits.</summary>
    /// <value>The default is <see langword="null"/>: the pool's <see cref="WorkerPoolOptions.DefaultLimits"/>.</value>
    public WorkLimits? Limits { get; set; }
}
