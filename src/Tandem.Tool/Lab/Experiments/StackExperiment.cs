using System.Globalization;
using System.Runtime.Versioning;
using Tandem.Compare.Statistics;
using Tandem.Tool.Lab.Deciding;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>Shows each thread's own stack, what threads share and processes do not, and what a stack overflow terminates.</summary>
[SupportedOSPlatform("linux")]
internal sealed class StackExperiment : LabExperiment
{
    private const int Processes = 2;
    private const int Threads = 3;

    private const string Overlapping = "overlapping";
    private const string IsShared = "is_shared";
    private const string IsOneEnded = "is_one_ended";
    private const string IsAllEnded = "is_all_ended";

    // Observed, not timed, so a busy machine does not change the result.
    private static readonly LabClaim[] Claims =
    [
        new SameClaim("each thread has a stack of its own", Overlapping, 0) { NeedsQuiet = false },
        new SameClaim("threads share everything else", IsShared, 1) { NeedsQuiet = false },
        new SameClaim("a recursion without end ends one process of several", IsOneEnded, 1) { NeedsQuiet = false },
        new SameClaim("it ends all threads of its process", IsAllEnded, 1) { NeedsQuiet = false },
    ];

    private static readonly WorkOptions Limit = new() { Limits = new() { Timeout = TimeSpan.FromSeconds(20) } };

    internal override string Name => "stack";

    internal override string Question => "What does every thread have for itself, and what do threads share?";

    internal override string Expected =>
        "Each thread has a stack of its own and shares everything else; processes share nothing; "
        + "a recursion without end ends the whole process.";

    internal override async Task<LabResult> RunAsync(LabContext context)
    {
        Func<double?> others = context.WatchOthers();
        context.Begin("stacks of threads and of processes");
        int frames = context.Times(1000, 100);
        StackExtent[][] all = await LookAsync(frames, context.CancellationToken).ConfigureAwait(false);
        context.Begin("a recursion without end");
        StackCrash.Outcome[] crashes = await Task.WhenAll(
            StackCrash.InProcessesAsync(Threads, context.CancellationToken),
            StackCrash.OnThreadsAsync(Threads, context.CancellationToken)).ConfigureAwait(false);
        StackCrash.Outcome process = crashes[0], thread = crashes[1];

        StackExtent[] flat = [.. all.SelectMany(static one => one)];
        int overlaps = all.Sum(static stacks => stacks.Index().Sum(one => stacks.Skip(one.Index + 1).Count(one.Item.Overlaps)));
        // In each process, the threads agree on the address of the common object, and all see what one of them wrote.
        bool isShared = all.All(static stacks => stacks.All(one => one.Common == stacks[0].Common && one.Content == one.Process));
        int addresses = all.Select(static stacks => stacks[0].Common).Distinct().Count();
        bool isOneEnded = process.Ended == 1 && process.Survived == Threads - 1 && process.GoesOn;
        bool isAllEnded = thread.Ended == Threads;
        double size = Series.Median(flat.Select(static one => (double)(one.End - one.Start)));
        double resident = Series.Median(flat.Select(static one => (double)one.Resident));
        var result = new LabResult(
            $"{flat.Length} threads have {flat.Length} stacks of {LabFigures.Bytes(size)}, "
            + $"of which {LabFigures.Bytes(resident)} is memory; the threads of a process see one object at one address, "
            + $"{all.Length} processes at {addresses}; "
            + $"a recursion of {process.Depth} calls ended {process.Ended} of {Threads} processes, "
            + $"or {thread.Ended} of {Threads} threads.",
            LabRounds.Once(Claims, others, new Dictionary<string, double>
            {
                [Overlapping] = overlaps,
                [IsShared] = isShared ? 1 : 0,
                [IsOneEnded] = isOneEnded ? 1 : 0,
                [IsAllEnded] = isAllEnded ? 1 : 0,
            }).Decision)
        {
            Values =
            {
                ["stacks_count"] = flat.Length,
                ["stacks_overlapping_count"] = overlaps,
                ["stack_bytes"] = size,
                ["stack_resident_bytes"] = resident,
                ["threads_that_see_a_write_percent"] = 100.0 * flat.Count(static one => one.Content == one.Process) / flat.Length,
                ["processes_count"] = all.Length,
                ["common_addresses_count"] = addresses,
                ["overflow_calls_count"] = process.Depth,
                ["processes_ended_count"] = process.Ended,
                ["processes_survived_count"] = process.Survived,
                ["pool_goes_on_count"] = process.GoesOn ? 1 : 0,
                ["threads_ended_count"] = thread.Ended,
                ["threads_survived_count"] = thread.Survived,
            },
        };
        result.Text.AddRange(Draw(all));
        AddTables(result, flat, process, thread);
        return result;
    }

    /// <summary>Inspects this process and the workers at the same time: each has written before any of them reads.</summary>
    private static async Task<StackExtent[][]> LookAsync(int frames, CancellationToken cancellationToken)
    {
        using var written = new SharedCounter();
        await using WorkerPool pool = WorkerPool.Processes(Processes);
        Task<StackExtent[]>[] workers =
            [.. Enumerable.Range(0, Processes).Select(_ => pool.RunAsync(() => Look(frames, written), Limit, cancellationToken))];
        StackExtent[] own = await Task.Run(() => Look(frames, written), cancellationToken).ConfigureAwait(false);
        return [own, .. await Task.WhenAll(workers).ConfigureAwait(false)];
    }

    private static StackExtent[] Look(int frames, SharedCounter written) => StackLayout.Look(Threads, frames, Environment.ProcessId, () =>
    {
        written.Increment();
        long end = Environment.TickCount64 + (long)Limit.Limits!.Timeout!.Value.TotalMilliseconds;
        SpinWait wait = default;
        while (written.Value <= Processes && Environment.TickCount64 < end)
            wait.SpinOnce();
    });

    private static IEnumerable<string> Draw(StackExtent[][] all)
    {
        foreach (StackExtent[] stacks in all)
        {
            yield return $"process {stacks[0].Process}{(stacks == all[0] ? " (the tool)" : " (a worker)")}";
            foreach (StackExtent one in stacks.OrderBy(static one => one.Start))
            {
                yield return $"├ stack of thread {one.Thread,-8} {one.Start:x12}-{one.End:x12}  "
                    + $"its variables {one.Bottom:x12}-{one.Top:x12}";
            }

            yield return $"└ an object of all threads       {stacks[0].Common:x12}               holds {stacks[0].Content}, "
                + $"seen by {stacks.Count(one => one.Content == one.Process)} of {stacks.Length} threads";
        }
    }

    private static void AddTables(LabResult result, StackExtent[] all, StackCrash.Outcome process, StackCrash.Outcome thread)
    {
        var table = new LabTable("Stacks", ["thread", "calls deep", "addresses", "used", "of a call", "memory"]);
        foreach (StackExtent one in all)
        {
            string call = one.Depth > 0 ? LabFigures.Bytes((double)(one.Top - one.Bottom) / one.Depth) : "";
            table.Row(
                $"{one.Process}/{one.Thread}",
                one.Depth.ToString(CultureInfo.InvariantCulture),
                LabFigures.Bytes(one.End - one.Start),
                LabFigures.Bytes(one.Used),
                call,
                LabFigures.Bytes(one.Resident));
        }

        result.Tables.Add(table);
        Svg plot = Charts.Bars(
            "How much of its stack each thread uses",
            "bytes",
            [.. all.Select(static one => $"{one.Process}/{one.Thread}")],
            [("used", [.. all.Select(static one => (double)one.Used)]), ("memory", [.. all.Select(static one => (double)one.Resident)])],
            LabFigures.Bytes);
        result.Plots.Add((plot, table));
        result.Tables.Add(new LabTable(
            $"A recursion without end in one of {Threads}",
            ["of", "calls until the end", "the system says", "ended", "went on", "takes new work"])
            .Row(
                "worker processes",
                Number(process.Depth),
                process.How,
                Number(process.Ended),
                Number(process.Survived),
                process.GoesOn ? "yes" : "no")
            .Row(
                "threads of a process",
                Number(thread.Depth),
                thread.How,
                Number(thread.Ended),
                Number(thread.Survived),
                thread.GoesOn ? "yes" : "no"));
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
