using System.Runtime.Versioning;
using Tandem.Tool.Lab.Experiments;

namespace Tandem.Tool.Lab;

/// <summary>All experiments, in an order in which each builds on the previous ones.</summary>
[SupportedOSPlatform("linux")]
internal static class LabCatalogue
{
    internal static IReadOnlyList<LabExperiment> All { get; } =
    [
        new StartExperiment(),
        new MemoryExperiment(),
        new SwitchExperiment(),
        new TalkExperiment(),
        new CrashExperiment(),
        new RaceExperiment(),
        new StackExperiment(),
        new ProgramCounterExperiment(),
        new ProcessorExperiment(),
        new WebExperiment(),
    ];

    /// <exception cref="UsageException">There is no such experiment.</exception>
    internal static IReadOnlyList<LabExperiment> Named(IReadOnlyList<string> names) => names.Count == 0 ? All :
    [
        .. names.Select(static name => All.FirstOrDefault(one => one.Name == name)
            ?? throw new UsageException(
                $"There is no experiment '{name}'. There are: {string.Join(", ", All.Select(static one => one.Name))}.")),
    ];
}
