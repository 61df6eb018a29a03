using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Tool.Lab.Deciding;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>Counts how many of a hundred items survive when one of them crashes its worker.</summary>
internal sealed partial class CrashExperiment : LabExperiment
{
    private const int Items = 100;
    private const int Fatal = 50;
    private const int Workers = 4;
    private const string ThreadsLeft = "threads_left_items";
    private const string ProcessesLeft = "processes_left_items";

    private static readonly LabClaim[] Claims =
    [
        new SameClaim("on threads everything dies with one", ThreadsLeft, 0) { NeedsQuiet = false },
        new SameClaim("in processes one item is lost", ProcessesLeft, Items - 1) { NeedsQuiet = false },
    ];

    internal override string Name => "crash";

    internal override string Question => "What survives when one worker dies?";

    internal override string Expected => "On threads everything dies with one; in processes one item is lost.";

    internal override async Task<LabResult> RunAsync(LabContext context)
    {
        Death[] deaths = context.IsQuick ? [Death.FailFast] : [Death.Exception, Death.FailFast, Death.Segmentation, Death.StackOverflow];
        var table = new LabTable(
            $"Results of {Items} items, one of which goes wrong",
            [
                "what goes wrong", $"{Workers} threads", $"{Workers} processes", $"{Workers / 2} processes × 2 threads",
                "until as many serve again"
            ]);
        var rows = new List<(string Name, double[] Left)>();
        double back = 0;
        // One round per kind of crash. The results are counted, and are the same on a busy machine.
        LabRounds rounds = await LabRounds.MeasureAsync(context, Claims, deaths.Length, async round =>
        {
            Death death = deaths[round % deaths.Length];
            context.Begin(Word(death));
            int threads = await OnThreadsAsync(death).ConfigureAwait(false);
            (int processes, back) = await InProcessesAsync(death, Workers, 1).ConfigureAwait(false);
            (int both, _) = await InProcessesAsync(death, Workers / 2, 2).ConfigureAwait(false);
            rows.Add((Word(death), [threads, processes, both]));
            table.Row(Word(death), Number(threads), Number(processes), Number(both), LabFigures.Seconds(back));
            var figures = new Dictionary<string, double> { [ProcessesLeft] = processes };
            // An exception is caught by its item, and ends no worker.
            if (death != Death.Exception)
                figures[ThreadsLeft] = threads;
            return figures;
        }).ConfigureAwait(false);

        (string name, double[] last) = rows[^1];
        var result = new LabResult(
            $"{name}: on threads {last[0]:0} of {Items} results are left, in processes {last[1]:0}, "
            + $"in processes × threads {last[2]:0}; after {LabFigures.Seconds(back)} all workers serve again.",
            rounds.Decision)
        {
            Values =
            {
                [ThreadsLeft] = last[0],
                [ProcessesLeft] = last[1],
                ["processes_times_threads_left_items"] = last[2],
                ["recovery_seconds"] = back
            },
        };
        result.Tables.Add(table);
        string[] models = ["threads", "processes", "processes × threads"];
        result.Plots.Add((
            Charts.Bars(
                "Results that are left",
                "of 100",
                models,
                [.. rows.Select(static row => (row.Name, row.Left))],
                static value => value.ToString("0", CultureInfo.InvariantCulture)),
            table));
        return result;
    }

    /// <summary>In a separate process, because the crash ends the process.</summary>
    private static async Task<int> OnThreadsAsync(Death death)
    {
        await using WorkerPool around = WorkerPool.Create(Quiet(Isolation.Process, 1));
        try
        {
            return await around.RunAsync(async () =>
            {
                await using WorkerPool pool = WorkerPool.Create(Quiet(Isolation.Thread, Workers));
                return (await SurvivorsAsync(pool, death).ConfigureAwait(false)).Left;
            }).ConfigureAwait(false);
        }
        catch (WorkerCrashedException)
        {
            return 0;
        }
    }

    private static async Task<(int Left, double Recovery)> InProcessesAsync(Death death, int workers, int concurrency)
    {
        WorkerPoolOptions options = Quiet(Isolation.Process, workers);
        options.ConcurrencyPerWorker = concurrency;
        options.StartEagerly = true;
        await using WorkerPool pool = WorkerPool.Create(options);
        return await SurvivorsAsync(pool, death).ConfigureAwait(false);
    }

    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "An experiment: what waiting and blocking cost is what it measures.")]
    private static async Task<(int Left, double Recovery)> SurvivorsAsync(WorkerPool pool, Death death)
    {
        await Task.WhenAll(
            Enumerable.Range(0, Workers * 4).Select(_ => pool.RunAsync(static () => Thread.SpinWait(1000)))).ConfigureAwait(false);
        int before = pool.Snapshot().Workers.Count;
        Task<int>[] items = [.. Enumerable.Range(0, Items).Select(i => pool.RunAsync(
            () => Work(i, i == Fatal ? death : Death.None), new WorkOptions { Limits = new() { MaxCrashRetries = 0 } }))];
        await ((Task)Task.WhenAll(items)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        long dead = Stopwatch.GetTimestamp();
        while (pool.Snapshot().Workers.Count(static one => one.State is WorkerState.Idle or WorkerState.Busy) < before
            && Stopwatch.GetElapsedTime(dead).TotalSeconds < 10)
        {
            await pool.RunAsync(static () => 1).ConfigureAwait(false);
            await Task.Delay(1).ConfigureAwait(false);
        }

        return (items.Count(static item => item.IsCompletedSuccessfully), Stopwatch.GetElapsedTime(dead).TotalSeconds);
    }

    /// <summary>Ignores what crashing workers print.</summary>
    private static WorkerPoolOptions Quiet(Isolation isolation, int workers)
    {
        WorkerPoolOptions options = WorkerPoolOptions.For(isolation);
        options.MaxWorkers = workers;
        options.LoggerFactory = NullLoggerFactory.Instance;
        return options;
    }

    private static int Work(int item, Death death)
    {
        Thread.SpinWait(20_000);
        switch (death)
        {
            case Death.Exception:
                throw new InvalidOperationException("On purpose.");
            case Death.FailFast:
                Environment.FailFast("On purpose, for the laboratory.");
                break;
            case Death.StackOverflow:
                return Deeper(item);
            case Death.Segmentation:
                return (int)LengthOf(16);
        }

        return item;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    private static int Deeper(int depth) => 1 + Deeper(depth + 1);

    /// <summary>
    /// The length of a text in native memory. If the address is invalid, the runtime cannot turn the fault into an exception, as it can for
    /// managed code.
    /// </summary>
    [LibraryImport("libc", EntryPoint = "strlen")]
    private static partial nint LengthOf(nint text);

    private static string Word(Death death) => death switch
    {
        Death.Exception => "an exception",
        Death.FailFast => "FailFast",
        Death.StackOverflow => "a stack overflow",
        _ => "a bad address in native memory",
    };

    private static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);

    private enum Death
    {
        None,
        Exception,
        FailFast,
        StackOverflow,
        Segmentation,
    }
}
