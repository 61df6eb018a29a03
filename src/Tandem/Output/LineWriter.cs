using System.Diagnostics;
using Tandem.BackgroundWork;

namespace Tandem.Output;

/// <summary>
/// Writes lines on a thread of its own, so that nobody who has a line to write waits for the stream. Lines wait in a bounded queue. When the
/// queue is full, further lines are dropped and counted, and the count is written in their place once the stream takes lines again.
/// </summary>
/// <typeparam name="TLine">A line, with what else the target needs to know about it.</typeparam>
internal sealed class LineWriter<TLine>
    where TLine : class
{
    /// <summary>How long the thread waits for another line before it ends.</summary>
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(1);

    private readonly string _name;
    private readonly ILineTarget<TLine> _target;
    private readonly LineLimits _limits;
    private readonly object _lock = new(); // a monitor, because the thread waits on it
    private readonly Queue<Entry> _waiting = new();
    private readonly List<Flush> _flushes = [];
    private long _posted;
    private long _handled; // written, or given up
    private int _characters; // of the lines that wait
    private long _dropped; // since the last line that waits
    private long _lost; // taken from the queue, but refused by the target, and not reported yet; the thread's
    private bool _isFull;
    private bool _isRunning;
    private bool _isClosed;

    /// <param name="name">The name of the thread.</param>
    /// <param name="target">What takes the lines. It may block, and it may throw.</param>
    /// <param name="limits">How much may wait.</param>
    internal LineWriter(string name, ILineTarget<TLine> target, LineLimits limits)
    {
        _name = name;
        _target = target;
        _limits = limits;
    }

    /// <summary>Adds a line, and returns at once.</summary>
    /// <param name="line">The line.</param>
    /// <param name="length">Its length, in characters.</param>
    /// <param name="isVital">Whether it may use the room that is kept for vital lines.</param>
    /// <returns>Whether it waits; else it was dropped and counted.</returns>
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

    /// <summary>Completes when all lines that were posted before are written, or as soon as nothing was written for a while.</summary>
    /// <param name="stall">How long the target may take nothing.</param>
    internal async Task FlushAsync(TimeSpan stall)
    {
        const int MostStalls = 5; // a reader that takes one line now and then is not waited for without end
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

    /// <summary>Has the thread end as soon as no line waits. Lines that come later are written all the same.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>Once the queue is full, it takes lines again when half of it is empty, so that what is dropped is reported in few lines.</summary>
    private bool HasRoom(int length, bool isVital)
    {
        Debug.Assert(Monitor.IsEntered(_lock));
        if (_waiting.Count <= _limits.Lines / 2 && _characters <= _limits.Characters / 2)
            _isFull = false;
        if (_waiting.Count >= _limits.Lines || _characters + length > _limits.Characters)
            _isFull = true;

        return !_isFull
            || (isVital && _waiting.Count < _limits.Lines + _limits.VitalLines && _characters + length <= _limits.Characters + _limits.VitalCharacters);
    }

    private void StartThread()
    {
        try
        {
            Background.Thread(_name, 256 * 1024, Run, _ => Stop()).UnsafeStart();
        }
        catch (Exception)
        {
            Stop(); // the system has no thread left
        }
    }

    /// <summary>There is no thread: lines wait, and the next one starts another.</summary>
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

    /// <summary>Writes what is to be reported, and then the line, where there is one.</summary>
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
            // The target is somebody else's, such as a logger or a writer of the user's. It must not end the process.
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
    /// <param name="Length">Its length, in characters.</param>
    /// <param name="DroppedBefore">How many lines were dropped just before it.</param>
    private readonly record struct Entry(TLine? Line, int Length, long DroppedBefore);

    private sealed record Flush(long Last)
    {
        internal TaskCompletionSource Completed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
