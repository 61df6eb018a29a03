using System.Diagnostics;
using HdrHistogram;

namespace Tandem.Compare.Measuring;

/// <summary>
/// One run of one configuration, in a process that was started for it. So no heap, compiled code or threads of other runs influence it, and
/// the whole process can be measured.
/// </summary>
internal sealed class MeasuredRun<TItem, TResult>(
    Work<TItem, TResult> work, ItemBoard board, RunSpec spec, CancellationToken cancellationToken)
{
    private const int ErrorsShown = 3;
    private const int Digits = 3;
    private const int MostBadItems = 20;

    private readonly List<string> _errors = [];
    private int _failed;
    private int _done;

    internal async Task<RunReport> MeasureAsync()
    {
        long created = Stopwatch.GetTimestamp();
        await using WorkerPool pool = WorkerPool.Create(spec.Configuration.ToOptions());
        _ = await MeetBeforeAsync(pool).ConfigureAwait(false);
        TimeSpan startTime = Stopwatch.GetElapsedTime(created);
        await WarmUpAsync(pool).ConfigureAwait(false);

        ProcessUsage[] before = await MeetBeforeAsync(pool).ConfigureAwait(false);
        int[] processes = [.. before.Select(static usage => usage.ProcessId)];
        long start, end, mostPrivate;
        using (var memory = new MemorySampler(processes))
        {
            start = Stopwatch.GetTimestamp();
            await ConsumeAsync(work.MapAsync(pool, board, work.Numbered(spec.Items), cancellationToken)).ConfigureAwait(false);
            end = Stopwatch.GetTimestamp();
            mostPrivate = memory.MostPrivate;
        }

        ProcessUsage[] after = await MeetAfterAsync(pool).ConfigureAwait(false);
        long peaks = MemorySampler.Peaks(after.Select(static usage => usage.ProcessId));
        ProcessUsage[] used = [.. after.Select(usage => usage.Since(Array.Find(before, former => former.ProcessId == usage.ProcessId)))];
        (ItemMark[] timeline, int[] numbers) = Timeline();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start, end);
        return new RunReport
        {
            StartTime = startTime,
            Elapsed = elapsed,
            Done = _done,
            Failed = _failed,
            Errors = [.. _errors],
            Usages = used,
            PauseShare = PauseShare(used, elapsed),
            PeakMemory = peaks,
            PrivateMemory = mostPrivate,
            Latencies = Latencies(),
            Timeline = timeline,
            TimelineNumbers = numbers,
            Origin = start,
        };
    }

    /// <summary>Runs items one after the other for a short time, to estimate their cost.</summary>
    internal async Task<Calibration> CalibrateAsync()
    {
        long created = Stopwatch.GetTimestamp();
        await using WorkerPool pool = WorkerPool.Create(spec.Configuration.ToOptions());
        _ = await MeetBeforeAsync(pool).ConfigureAwait(false);
        TimeSpan overhead = Stopwatch.GetElapsedTime(created);
        var begin = Moment.Now();
        Moment? middle = null;
        long start = begin.Timestamp;
        bool IsWanted(int number)
        {
            TimeSpan since = Stopwatch.GetElapsedTime(start);
            // Measure the second half only, because the work is compiled in the first half.
            if (middle is null && since > spec.WarmUp / 2)
                middle = Moment.Now();

            // Continue after failures, because only the first items may be bad.
            return number == 0 || since < spec.WarmUp || (number < MostBadItems && Volatile.Read(ref _done) == 0);
        }

        IEnumerable<Numbered<TItem>> source = work.Numbered(board.Capacity).TakeWhile(item => IsWanted(item.Number));
        // With a small look-ahead, because items may take seconds.
        var options = new MapOptions { Ordered = false, Name = "item", MaxLookAhead = spec.Items };
        await ConsumeAsync(work.MapAsync(pool, board, source, cancellationToken, options)).ConfigureAwait(false);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        double computing = Moment.Now().ComputingSince(middle ?? begin);
        return new Calibration(_done + _failed, LastThird(elapsed), computing, overhead, _failed, [.. _errors]);
    }

    internal async Task<BlastRadius> KillAsync()
    {
        await using WorkerPool pool = WorkerPool.Create(spec.Configuration.ToOptions());
        _ = await MeetBeforeAsync(pool).ConfigureAwait(false);
        var killer = new Killer(board, spec.Items, ownProcess: spec.Configuration.Isolation == Isolation.Thread);
        pool.WorkerChanged += killer.OnWorkerChanged;
        Task killing = killer.RunAsync(cancellationToken);
        int crashed = 0;
        await foreach (var result in work.MapAsync(pool, board, work.Numbered(spec.Items), cancellationToken).ConfigureAwait(false))
        {
            if (result.Error is WorkerCrashedException)
                crashed++;
        }

        await killing.ConfigureAwait(false);
        return killer.Describe(crashed);
    }

    private async Task WarmUpAsync(WorkerPool pool)
    {
        if (spec.WarmUp <= TimeSpan.Zero)
            return;

        long start = Stopwatch.GetTimestamp();
        bool IsEnough(int number) => number >= spec.Configuration.Slots && Stopwatch.GetElapsedTime(start) > spec.WarmUp;
        await foreach (var result in work.MapAsync(pool, board, work.Unnumbered(IsEnough), cancellationToken).ConfigureAwait(false))
            _ = result;
    }

    /// <summary>
    /// The usage of all processes at the start of a measurement: of the workers, and of this process, which may be one of them.
    /// </summary>
    private async Task<ProcessUsage[]> MeetBeforeAsync(WorkerPool pool)
    {
        ItemBoard shared = board;
        int members = spec.Configuration.Slots;
        ProcessUsage[] usages = await MeetAsync(pool, () => shared.MeetBefore(members)).ConfigureAwait(false);
        return OnePerProcess(usages, ProcessUsage.Current());
    }

    /// <summary>The usage of all processes at the end of a measurement.</summary>
    private async Task<ProcessUsage[]> MeetAfterAsync(WorkerPool pool)
    {
        ItemBoard shared = board;
        int members = spec.Configuration.Slots;
        ProcessUsage own = ProcessUsage.Current();
        return OnePerProcess(await MeetAsync(pool, () => shared.MeetAfter(members)).ConfigureAwait(false), own);
    }

    private Task<ProcessUsage[]> MeetAsync(WorkerPool pool, Func<ProcessUsage> meet)
    {
        board.Reset();
        return Task.WhenAll(Enumerable.Range(0, spec.Configuration.Slots)
            .Select(_ => pool.RunAsync(meet, new WorkOptions { Name = "meeting" }, cancellationToken)));
    }

    private static ProcessUsage[] OnePerProcess(ProcessUsage[] usages, ProcessUsage own) =>
    [
        .. usages.Append(own).GroupBy(static usage => usage.ProcessId)
            .Select(static process => process.MaxBy(static usage => usage.ProcessorMicroseconds)),
    ];

    private async Task ConsumeAsync(IAsyncEnumerable<WorkResult<TResult>> results)
    {
        await foreach (var result in results.ConfigureAwait(false))
        {
            if (result.Succeeded)
            {
                _done++;
                continue;
            }

            // A type that cannot be serialized fails each item in the same way, so the configuration fails.
            if (result.Error is WorkSerializationException or WorkerStartException)
                throw result.Error;

            _failed++;
            if (_errors.Count < ErrorsShown)
                _errors.Add($"{work.Describe(result.Index)}: {result.Error!.GetType().Name}: {result.Error.Message.Split('\n')[0]}");
        }
    }

    /// <summary>The time per item after the first items, during which code was compiled.</summary>
    private TimeSpan LastThird(TimeSpan elapsed)
    {
        ItemMark[] ended = [.. board.Marks[..Math.Min(board.Capacity, _done + _failed)].ToArray().Where(static mark => mark.End > 0)];
        ReadOnlySpan<ItemMark> last = ended.AsSpan(ended.Length * 2 / 3);
        return last.Length > 1
            ? Stopwatch.GetElapsedTime(last[0].Start, last[^1].End) / last.Length
            : elapsed / Math.Max(1, _done + _failed);
    }

    private double PauseShare(ProcessUsage[] used, TimeSpan elapsed)
    {
        int slots = spec.Configuration.Isolation == Isolation.Thread ? spec.Configuration.Slots : spec.Configuration.ConcurrencyPerWorker;
        double stopped = used
            .Where(usage => spec.Configuration.Isolation == Isolation.Thread || usage.ProcessId != Environment.ProcessId)
            .Sum(usage => usage.Pauses.TotalSeconds * slots);
        return Math.Min(1, stopped / (elapsed.TotalSeconds * spec.Configuration.Slots));
    }

    private (long Value, long Count)[] Latencies()
    {
        var histogram = new LongHistogram(TimeSpan.NanosecondsPerTick * TimeSpan.TicksPerDay, Digits);
        foreach (ref readonly ItemMark mark in board.Marks[..spec.Items])
        {
            if (mark.End > 0)
            {
                histogram.RecordValue(
                    (long)Math.Clamp(Stopwatch.GetElapsedTime(mark.Start, mark.End).TotalNanoseconds, 1, histogram.HighestTrackableValue));
            }
        }

        return [.. histogram.RecordedValues().Select(static value => (value.ValueIteratedTo, value.CountAddedInThisIterationStep))];
    }

    private (ItemMark[] Marks, int[] Numbers) Timeline()
    {
        ReadOnlySpan<ItemMark> marks = board.Marks[..spec.Items];
        List<(ItemMark Mark, int Number)> ended = [];
        for (int number = 0; number < marks.Length; number++)
        {
            if (marks[number].End > 0)
                ended.Add((marks[number], number));
        }

        (ItemMark Mark, int Number)[] first = [.. ended.OrderBy(static item => item.Mark.Start).Take(spec.TimelineItems)];
        return ([.. first.Select(static item => item.Mark)], [.. first.Select(static item => item.Number)]);
    }
}
