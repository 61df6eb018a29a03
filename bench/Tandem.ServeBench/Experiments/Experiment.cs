using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>One thing that is measured.</summary>
/// <param name="Name">On the command line.</param>
/// <param name="NeedsTool">Whether there is nothing to measure of a plain server.</param>
/// <param name="RunAsync">Measures, and puts what it finds into the report.</param>
/// <param name="Section">The part of the documentation that the report belongs to.</param>
internal sealed record Experiment(string Name, bool NeedsTool, Func<Lab, Task> RunAsync, string Section = Experiment.MainSection)
{
    /// <summary>Of what runs when no experiment is named.</summary>
    internal const string MainSection = "table";

    internal static readonly Experiment[] All =
    [
        new("control", false, Control.RunAsync),
        new("throughput", false, Throughput.RunAsync),
        new("latency", false, Latency.RunAsync),
        new("faults", false, Faults.RunAsync),
        new("reload", true, Reload.RunAsync),
        new("kills", true, Kills.RunAsync),
        new("fairness", true, Fairness.RunAsync),
        new("upgrade", true, Upgrade.RunAsync),
        new("orphans", true, Orphans.RunAsync),
        new("memory", false, Memory.RunAsync),
        new("ready", false, Ready.RunAsync),
        new("peers", true, PeerComparison.RunAsync, "peers"),
    ];
}
