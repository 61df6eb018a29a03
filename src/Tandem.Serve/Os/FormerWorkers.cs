using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Tandem.Interop;
using Tandem.Launch;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Os;

/// <summary>Workers of the supervisor whose place this one has taken: they serve until new ones do, and are this process's children still.</summary>
internal sealed class FormerWorkers
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly List<Former> _left;
    private readonly Board _board;
    private readonly ServeLog _log;
    private long _drainsSince;
    private TimeSpan? _limit; // for draining; null as long as they serve
    private bool _areKilled;

    internal FormerWorkers(IReadOnlyList<InheritedWorker> workers, Board board, ServeLog log)
    {
        _board = board;
        _log = log;
        _left = [.. workers.Select(static worker => new Former(worker.ProcessId, worker.Entry, DiagnosticFiles.KeyOf(worker.ProcessId)))];
        Ended = _left.Count > 0 ? WatchAsync() : Task.CompletedTask;
    }

    /// <summary>Completes when all of them have ended.</summary>
    internal Task Ended { get; }

    /// <summary>Those that have not ended.</summary>
    internal IReadOnlyList<InheritedWorker> Left
    {
        get
        {
            lock (_lock)
                return [.. _left.Select(static former => new InheritedWorker(former.ProcessId, former.Entry))];
        }
    }

    /// <summary>Has them drain.</summary>
    /// <param name="limit">How long they have; then they are killed.</param>
    internal void Drain(TimeSpan limit)
    {
        lock (_lock)
        {
            bool isFirst = _limit is null;
            _limit = limit;
            if (!isFirst || _left.Count == 0)
                return;

            _drainsSince = Stopwatch.GetTimestamp();
            _log.Write($"{_left.Count} workers of the supervisor before drain");
            foreach (Former former in _left.Where(static former => !HasEnded(former.ProcessId)))
                _ = Libc.Kill(former.ProcessId, Libc.SIGTERM);
        }
    }

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The clock of the server is not replaceable yet.")]
    private async Task WatchAsync()
    {
        while (true)
        {
            await Task.Delay(LookInterval).ConfigureAwait(false);
            lock (_lock)
            {
                foreach (Former former in _left.Where(static former => HasEnded(former.ProcessId)).ToList())
                {
                    DiagnosticFiles.Delete(former.ProcessId, former.DiagnosticKey, []);
                    _left.Remove(former);
                    // Else the others would go on to leave it its share of the connections.
                    _board[former.Entry] = default;
                    if (_limit is null)
                        _log.Write($"a worker of the supervisor before (pid {former.ProcessId}) is gone");
                }

                if (_left.Count == 0)
                    return;

                if (!_areKilled && _limit is { } limit && Stopwatch.GetElapsedTime(_drainsSince) > limit)
                {
                    _areKilled = true;
                    foreach (Former former in _left.Where(static former => !HasEnded(former.ProcessId)))
                        _ = Libc.Kill(-former.ProcessId, Libc.SIGKILL);
                }
            }
        }
    }

    private static unsafe bool HasEnded(int processId)
    {
        const int WNOHANG = 1;
        int status;
        return Libc.WaitPid(processId, &status, WNOHANG) != 0; // its own id once it has ended; -1 when somebody has reaped it
    }

    private sealed record Former(int ProcessId, int Entry, string? DiagnosticKey);
}
