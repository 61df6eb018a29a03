using System.Diagnostics;
using Tandem.BackgroundWork;

namespace Tandem.Output;

/// <summary>
/// Writes lines on a separate thread, so that code that logs a line never waits for the stream. Lines wait in a bounded queue. While the
/// queue is full, further lines are dropped and counted; once the stream accepts lines again, the count is written in their place.
/// </summary>
/// <typeparam name="TLine">A line, with the additional data that the target needs.</typeparam>
internal sealed class LineWriter<TLine>
    where TLine : class
{
    /// <summary>How long the thread waits for another line before it ends.</summary>
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(1);

    private readonly string _name; // the name of the thread
    private readonly ILineTarget<TLine> _target; // used by the thread only
    private readonly LineLimits _limits; // the capacity of the queue
    private readonly object _lock = new(); // a monitor, because the thread waits on it
    private readonly Queue<Entry> _waiting = new(); // guarded by _lock, as are the fields below
    private readonly List<Flush> _flushes = []; // pending calls of FlushAsync
    private long _posted; // lines queued so far
    private long _handled; // lines written or lost so far
    private int _characters; // of the waiting lines
    private long _dropped; // lines dropped since the last waiting line
    private long _lost; // lines that the target refused or that were dropped, and that are not reported yet; used by the thread only
    private bool _isFull; // until half of the queue is empty again
    private bool _isRunning; // whether there is a thread
    private bool _isClosed; // whether the thread ends as soon as no line waits

    /// <param name="name">The name of the thread.</param>
    /// <param name="target">The target of the lines. It may block, and it may throw.</param>
    /// <param name="limits">The capacity of the queue.</param>
    internal LineWriter(string name, ILineTarget<TLine> target, LineLimits limits)
    {
        _name = name;
        _target = target;
        _limits = limits;
    }

    /// <summary>Queues a line and returns at once.</summary>
    /// <param name="line">The line.</param>
    /// <param name="length">The length of the line, in characters.</param>
    /// <param name="isVital">Whether the line may use the capacity that is reserved for vital lines.</param>
    /// <returns>Whether the line was queued; otherwise it was dropped and counted.</returns>
    internal bool Post(TLine line, int length, bool isVital = false)
    {
        lock (_lock)
        {
            if (!HasRoom(length, isVital))
            {
                _dropped++;
                return false;
            }

            _waiting.Enqueue(new Entry(line, length, _dropped));
            _dropped = 0;
            _characters += length;
            _posted++;
            if (_isRunning)
            {
                Monitor.Pulse(_lock);
                return true;
            }

            _isRunning = true;
        }

        StartThread();
        return true;
    }

    /// <summary>
    /// Completes when all lines that were queued before are written, or when the target has accepted nothing for a while.
    /// </summary>
    /// <param name="stall">How long the target may accept nothing.</param>
    internal async Task FlushAsync(TimeSpan stall)
    {
        const int MostStalls = 5; // do not wait without limit for a reader that accepts only one line now and then
        Flush flush;
        long handled;
        lock (_lock)
        {
            if (_handled == _posted)
                return;

            flush = new Flush(_posted);
            _flushes.Add(flush);
            handled = _handled;
        }

        for (int i = 0; i < MostStalls; i++)
        {
            await flush.Completed.Task.WaitAsync(stall).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            lock (_lock)
            {
                if (flush.Completed.Task.IsCompleted || _handled == handled)
                    break;

                handled = _handled;
            }
        }

        lock (_lock)
            _flushes.Remove(flush);
    }

    /// <summary>Ends the thread as soon as no line waits. Lines that are queued later are still written.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>
    /// Whether a line may be queued. A full queue accepts lines again only when half of it is empty, so that dropped lines are reported
    /// in few lines.
    /// </summary>
    private bool HasRoom(int length, bool isVital)
    {
        Debug.Assert(Monitor.IsEntered(_lock));
        if (_waiting.Count <= _limits.Lines / 2 && _characters <= _limits.Characters / 2)
            _isFull = false;
        if (_waiting.Count >= _limits.Lines || _characters + length > _limits.Characters)
            _isFull = true;

        return !_isFull
            || (isVital && _waiting.Count < _limits.Lines + _limits.VitalLines
                && _characters + length <= _limits.Characters + _limits.VitalCharacters);
    }

    private void StartThread()
    {
        try
        {
            Background.Thread(_name, 256 * 1024, Run, _ => Stop()).UnsafeStart();
        }
        catch (Exception)
        {
            Stop(); // the system cannot create another thread
        }
    }

    /// <summary>Records that there is no thread. The waiting lines stay queued, and the next line starts another thread.</summary>
    private void Stop()
    {
        lock (_lock)
            _isRunning = false;
    }

    private void Run()
    {
        while (true)
        {
            Entry next;
            long dropped = 0;
            lock (_lock)
            {
                while (_waiting.Count == 0)
                {
                    if (_dropped > 0)
                    {
                        (dropped, _dropped) = (_dropped, 0);
                        break;
                    }

                    if ((_isClosed || !Monitor.Wait(_lock, IdleLimit)) && _waiting.Count == 0 && _dropped == 0)
                    {
                        _isRunning = false;
                        return;
                    }
                }

                if (_waiting.TryDequeue(out next))
                    _characters -= next.Length;
            }

            _lost += dropped + next.DroppedBefore;
            Write(next.Line);
            if (next.Line is not null)
                Complete();
        }
    }

    /// <summary>Writes the count of missing lines, if any, and then the line, if any.</summary>
    private void Write(TLine? line)
    {
        try
        {
            if (_lost > 0)
            {
                if (!_target.TryReport(_lost))
                {
                    _lost += line is null ? 0 : 1;
                    return;
                }

                _lost = 0;
            }

            if (line is not null && !_target.TryWrite(line))
                _lost++;
        }
        catch (Exception)
        {
            // The target may be user code, such as a logger or a writer. Its exceptions must not terminate the process.
            _lost += line is null ? 0 : 1;
        }
    }

    private void Complete()
    {
        lock (_lock)
        {
            _handled++;
            foreach (Flush flush in _flushes)
            {
                if (_handled >= flush.Last)
                    flush.Completed.TrySetResult();
            }
        }
    }

    /// <param name="Line">The line; null for none.</param>
    /// <param name="Length">The length of the line, in characters.</param>
    /// <param name="DroppedBefore">The number of lines that were dropped just before it.</param>
    private readonly record struct Entry(TLine? Line, int Length, long DroppedBefore);

    private sealed record Flush(long Last)
    {
        internal TaskCompletionSource Completed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
