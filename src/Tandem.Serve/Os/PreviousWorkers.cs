using Tandem.Interop;
using Tandem.Launch;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Os;

/// <summary>
/// The workers of the previous supervisor, which this one replaced in the same process. They serve until new workers do, and are still
/// children of this process.
/// </summary>
internal sealed class PreviousWorkers
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new(); // guards _left and the fields below
    private readonly List<PreviousWorker> _left; // the workers that have not exited
    private readonly Board _board;
    private readonly ServeLog _log;
    private readonly TimeProvider _time; // the server's clock
    private long _drainsSince; // when Drain was first called, a timestamp of the clock
    private TimeSpan? _limit; // how long they may drain; null until Drain is called
    private bool _areKilled; // whether SIGKILL was sent

    internal PreviousWorkers(IReadOnlyList<InheritedWorker> workers, Board board, ServeLog log, TimeProvider time)
    {
        _board = board;
        _log = log;
        _time = time;
        _left =
        [
            .. workers.Select(static worker => new PreviousWorker(worker.ProcessId, worker.Entry, DiagnosticFiles.KeyOf(worker.ProcessId))),
        ];
        Ended = _left.Count > 0 ? WatchAsync() : Task.CompletedTask;
    }

    /// <summary>Completes when all of them have exited.</summary>
    internal Task Ended { get; }

    /// <summary>The workers that have not exited.</summary>
    internal IReadOnlyList<InheritedWorker> Left
    {
        get
        {
            lock (_lock)
                return [.. _left.Select(static previous => new InheritedWorker(previous.ProcessId, previous.Entry))];
        }
    }

    /// <summary>Lets them drain.</summary>
    /// <param name="limit">How long they may take; then they are killed. A later call replaces the limit.</param>
    internal void Drain(TimeSpan limit)
    {
        lock (_lock)
        {
            bool isFirst = _limit is null;
            _limit = limit;
            if (!isFirst || _left.Count == 0)
                return;

            _drainsSince = _time.GetTimestamp();
            _log.Write($"{_left.Count} workers of the previous supervisor drain");
            foreach (PreviousWorker previous in _left.Where(static previous => !HasEnded(previous.ProcessId)))
                _ = Libc.Kill(previous.ProcessId, Libc.SIGTERM);
        }
    }

    private async Task WatchAsync()
    {
        while (true)
        {
            await Task.Delay(PollInterval, _time).ConfigureAwait(false);
            lock (_lock)
            {
                foreach (PreviousWorker previous in _left.Where(static previous => HasEnded(previous.ProcessId)).ToList())
                {
                    DiagnosticFiles.Delete(previous.ProcessId, previous.DiagnosticKey, []);
                    _left.Remove(previous);
                    // Otherwise the other workers would still reserve a share of the connections for this one.
                    _board[previous.Entry] = default;
                    if (_limit is null)
                        _log.Write($"a worker of the previous supervisor (pid {previous.ProcessId}) has exited");
                }

                if (_left.Count == 0)
                    return;

                if (!_areKilled && _limit is { } limit && _time.GetElapsedTime(_drainsSince) > limit)
                {
                    _areKilled = true;
                    foreach (PreviousWorker previous in _left.Where(static previous => !HasEnded(previous.ProcessId)))
                        _ = Libc.Kill(-previous.ProcessId, Libc.SIGKILL);
                }
            }
        }
    }

    private static unsafe bool HasEnded(int processId)
    {
        const int WNOHANG = 1;
        int status;
        return Libc.WaitPid(processId, &status, WNOHANG) != 0; // its id after it has exited; -1 if it was already reaped
    }

    private sealed record PreviousWorker(int ProcessId, int Entry, string? DiagnosticKey);
}
