using System.Diagnostics;

namespace Tandem.Processes;

/// <summary>Chooses the worker for an item. Under the engine's lock, but for <see cref="Measure"/>.</summary>
/// <param name="concurrency">Items that a worker runs at once.</param>
/// <param name="sendsAhead">Whether items may lie ready at a worker beyond those.</param>
internal sealed class Dispatcher(int concurrency, bool sendsAhead)
{
    /// <summary>How much work may lie ready at a worker beyond what it runs: enough that it need not wait for the parent.</summary>
    private static readonly double AheadTicks = Stopwatch.Frequency * 250e-6;

    /// <summary>For a chunk that takes longer, the time between two chunks does not matter.</summary>
    private static readonly double LongChunkTicks = Stopwatch.Frequency * 20e-3;

    private static readonly double ShortTicks = Stopwatch.Frequency * 150e-6;

    private const int MaximumAhead = 192;

    private readonly List<ProcessWorker> _touched = [];
    private double _average = double.MaxValue;
    private double _last = double.MaxValue;
    private long _uses;

    /// <summary>Learns how long items take, in stopwatch ticks.</summary>
    internal void Measure(long elapsed, int items)
    {
        // Racing writers lose a sample now and then, which an average bears. A long item counts at once: it must not find others behind it.
        double sample = Math.Max(1, (double)elapsed / items);
        Volatile.Write(ref _last, sample);
        double average = Volatile.Read(ref _average);
        Volatile.Write(ref _average, average == double.MaxValue || sample > average * 16 ? sample : average + (sample - average) / 16);
    }

    /// <summary>
    /// How long a caller that is alone looks for its own answer: a little more than the round trip to a worker that spins. To one that
    /// sleeps it is two wake-ups more, which cost more than looking does, as long as items are short, as the last one was.
    /// </summary>
    internal int PollMicroseconds(bool asleep) => !asleep ? 6 : Volatile.Read(ref _last) < ShortTicks ? 250 : 0;

    /// <summary>The worker with the least in flight; among idle ones, the one used last, which is awake. Null when all are full.</summary>
    /// <param name="workers">The workers.</param>
    /// <param name="isStaffed">
    /// Whether as many workers were asked for as the pool may have. Otherwise nothing is sent ahead: the item could wait behind one that
    /// takes long, or even waits for it, while another worker could be started.
    /// </param>
    /// <param name="isChunk">
    /// Whether the item is a chunk of a map. Of chunks, which come one after the other, one more is sent ahead, so that the worker does not
    /// wait for the parent between two of them. An idle worker takes it back.
    /// </param>
    internal ProcessWorker? Pick(List<ProcessWorker> workers, bool isStaffed, bool isChunk)
    {
        int ahead = (int)Math.Min(MaximumAhead, AheadTicks / _average);
        if (isChunk && ahead == 0 && _average < LongChunkTicks)
            ahead = 1;
        int limit = concurrency + ahead;
        ProcessWorker? best = null;
        foreach (ProcessWorker worker in workers)
        {
            if (!worker.TakesItems || !worker.HasFreeSlot)
                continue;

            if (worker.InFlight >= (sendsAhead && isStaffed && worker.Link.CanRevoke ? limit : concurrency))
                continue;

            if (best is null || worker.InFlight < best.InFlight || (worker.InFlight == best.InFlight && worker.LastUse > best.LastUse))
                best = worker;
        }

        return best;
    }

    /// <summary>The worker with the most items that it does not run yet.</summary>
    internal ProcessWorker? Overloaded(List<ProcessWorker> workers)
    {
        ProcessWorker? most = null;
        foreach (ProcessWorker worker in workers)
        {
            if (worker.InFlight > concurrency && worker.InFlight > (most?.InFlight ?? 0))
                most = worker;
        }

        return most;
    }

    /// <summary>An item was sent.</summary>
    internal void Used(ProcessWorker worker)
    {
        worker.LastUse = ++_uses;
        if (!worker.IsTouched)
        {
            worker.IsTouched = true;
            _touched.Add(worker);
        }
    }

    /// <summary>Makes visible what was sent to each worker; the caller wakes those that sleep, outside the lock.</summary>
    internal WorkersToWake FlushTouched()
    {
        var workersToWake = default(WorkersToWake);
        foreach (ProcessWorker worker in _touched)
        {
            worker.IsTouched = false;
            if (worker.Link.Flush())
                workersToWake.Add(worker);
        }

        _touched.Clear();
        return workersToWake;
    }
}
