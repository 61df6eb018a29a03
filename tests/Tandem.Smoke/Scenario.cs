namespace Tandem.Smoke;

/// <summary>One thing that pools promise.</summary>
/// <param name="Name">For the command line and the report.</param>
/// <param name="RunAsync">Throws if the promise is broken, and <see cref="SkipException"/> if it cannot be judged.</param>
internal sealed record Scenario(string Name, Func<Setting, Task> RunAsync)
{
    /// <summary>Whether the scenario makes sense with pools of processes only.</summary>
    internal bool NeedsProcesses { get; init; }
}
