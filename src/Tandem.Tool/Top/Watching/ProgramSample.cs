namespace Tandem.Tool.Top.Watching;

/// <summary>All pools of a process at one moment. The time is that of the machine's clock.</summary>
internal sealed record ProgramSample(double Seconds, IReadOnlyList<PoolSample> Pools);
