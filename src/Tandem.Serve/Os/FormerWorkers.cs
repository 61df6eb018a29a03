using System.Diagnostics;
using Tandem.Interop;
using Tandem.Launch;

namespace Tandem.Serve.Os;

/// <summary>Workers of the supervisor whose place this one has taken: they serve until new ones do, and are this process's children still.</summary>
internal sealed class FormerWorkers(IReadOnlyList<(int ProcessId, int Entry)> workers, ServeLog log)
{
    private readonly HashSet<int> _ended = []; // under its own lock

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Those that have not ended.</summary>
    internal IReadOnlyList<(int ProcessId, int Entry)> Left
    {
        get
        {
            lock (_ended)
                return [.. workers.Where(worker => !_ended.Contains(worker.ProcessId))];
        }
    }

    /// <summary>Has them drain, and sees to their end.</summary>
    /// <param name="limit">How long they have; then they are killed.</param>
    internal async Task DrainAsync(TimeSpan limit)
    {
        if (workers.Count == 0)
            return;

        log.Write($"{workers.Count} workers of the supervisor before drain");
        Dictionary<int, string?> left = workers.ToDictionary(static worker => worker.ProcessId, static worker => DiagnosticFiles.KeyOf(worker.ProcessId));
        foreach (int processId in left.Keys)
            _ = Libc.Kill(processId, Libc.SIGTERM);

        long start = Stopwatch.GetTimestamp();
        bool killed = false;
        while (left.Count > 0)
        {
            foreach ((int processId, string? key) in left.Where(static worker => HasEnded(worker.Key)).ToList())
            {
                DiagnosticFiles.Delete(processId, key, []);
                left.Remove(processId);
                lock (_ended)
                    _ended.Add(processId);
            }

            if (!killed && Stopwatch.GetElapsedTime(start) > limit)
            {
                killed = true;
                foreach (int processId in left.Keys)
                    _ = Libc.Kill(-processId, Libc.SIGKILL);
            }

            await Task.Delay(LookInterval).ConfigureAwait(false);
        }
    }

    private static unsafe bool HasEnded(int processId)
    {
        const int WNOHANG = 1;
        int status;
        return Libc.WaitPid(processId, &status, WNOHANG) != 0; // its own id once it has ended; -1 when somebody has reaped it
    }
}
