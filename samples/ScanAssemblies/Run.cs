namespace ScanAssemblies;

/// <summary>What became of one file: its scan, or the error.</summary>
internal readonly record struct Outcome(FileScan? Scan, string? Error)
{
    internal static Outcome Of(Exception e) => new(null, $"{e.GetType().Name}: {e.Message}");
}

/// <summary>A file whose worker died while it was scanned.</summary>
/// <param name="Path">The file.</param>
/// <param name="ProcessId">The worker.</param>
/// <param name="Cause">How the worker ended: a signal's name or an exit code.</param>
/// <param name="AgainOn">The worker that scanned it again.</param>
internal sealed record Loss(string Path, int ProcessId, string Cause, int AgainOn);

/// <summary>One timed run over all files.</summary>
internal sealed record Run(string Name, Outcome[] Outcomes, TimeSpan Elapsed, MemoryUse Memory)
{
    /// <summary>From the first call on a new pool to its answer; null for the loop.</summary>
    internal TimeSpan? FirstResult { get; init; }

    /// <summary>Files whose worker died; all were scanned again.</summary>
    internal IReadOnlyList<Loss> Lost { get; init; } = [];

    /// <summary>Workers that answered beyond as many as there may be at once: they took the place of dead ones.</summary>
    internal int Replaced { get; init; }

    internal double FilesPerSecond => Outcomes.Length / Elapsed.TotalSeconds;

    internal double MebibytesPerSecond => Outcomes.Sum(outcome => outcome.Scan?.Bytes ?? 0) / (1024.0 * 1024) / Elapsed.TotalSeconds;
}
