namespace Tandem.Tool.Top;

/// <summary>A process that has pools.</summary>
/// <param name="ProcessId">The process id.</param>
/// <param name="ParentPool">For a worker that has pools itself: the process whose worker it is.</param>
/// <param name="Name">The program's name.</param>
/// <param name="Threads">The number of its threads.</param>
/// <param name="Usage">Its own resource usage, without its worker processes.</param>
/// <param name="Pools">Its pools.</param>
internal sealed record ProgramReport(
    int ProcessId, int? ParentPool, string Name, int Threads, Usage Usage, IReadOnlyList<PoolReport> Pools);
