using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;
using Tandem.Tool.Lab.Deciding;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>Measures how long a new thread, process or worker takes until its first action is done.</summary>
[SupportedOSPlatform("linux")]
internal sealed class StartExperiment : LabExperiment
{
    private const string OfTask = "task_seconds";
    private const string OfThread = "thread_seconds";
    private const string OfProcess = "process_seconds";
    private const string OfWorker = "worker_seconds";

    private static readonly LabClaim[] Claims =
    [
        new RatioClaim("a process takes ten times as long as a thread", OfProcess, OfThread, 10),
        new RatioClaim("a process with a .NET runtime takes a thousand times as long", OfWorker, OfThread, 1000),
    ];

    internal override string Name => "start";

    internal override string Question => "What does it take to create a thread, a process, a worker?";

    internal override string Expected =>
        "A process takes ten times as long as a thread or more; a process with a .NET runtime a thousand times.";

    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "An experiment: what waiting and blocking cost is what it measures.")]
    internal override async Task<LabResult> RunAsync(LabContext context)
    {
        LabRounds rounds = await LabRounds.MeasureAsync(context, Claims, context.Times(5, 3), async _ => new Dictionary<string, double>
        {
            [OfTask] = LabFigures.Time(context.Times(100, 30), static () => Task.Run(static () => { }).Wait()),
            [OfThread] = LabFigures.Time(context.Times(100, 30), static () =>
            {
                var thread = new Thread(static () => { });
                thread.Start();
                thread.Join();
            }),
            [OfProcess] = LabFigures.Time(context.Times(20, 5), static () =>
            {
                using Process child = Process.Start("/bin/true");
                child.WaitForExit();
            }),
            [OfWorker] = await LabFigures.TimeAsync(context.Times(2, 1), static async () =>
            {
                await using WorkerPool pool = WorkerPool.Processes(1);
                await pool.RunAsync(static () => 1).ConfigureAwait(false);
            }).ConfigureAwait(false),
        }).ConfigureAwait(false);

        double thread = rounds.Median(OfThread), process = rounds.Median(OfProcess), worker = rounds.Median(OfWorker);
        (string Name, string Key)[] all =
        [
            ("a task on the thread pool", OfTask), ("a thread", OfThread), ("a process (/bin/true)", OfProcess),
            ("a .NET worker process, to its first result", OfWorker)
        ];
        var table = new LabTable("From the call to its end", ["what", "time", "of a thread"]);
        var result = new LabResult(
            $"A thread {LabFigures.Seconds(thread)}, a process {LabFigures.Seconds(process)} ({LabFigures.Ratio(process / thread)}), "
            + $"a worker process {LabFigures.Seconds(worker)} ({LabFigures.Ratio(worker / thread)}).",
            rounds.Decision);
        foreach ((string name, string key) in all)
        {
            table.Row(name, LabFigures.Seconds(rounds.Median(key)), LabFigures.Ratio(rounds.Median(key) / thread));
            result.Values[key] = rounds.Median(key);
        }

        result.Tables.Add(table);
        result.Plots.Add((
            Charts.Dots(
                "Time to start",
                "time",
                [.. all.Select(static one => one.Name.Split(',')[0])],
                [("time", [.. all.Select(one => rounds.Median(one.Key))])],
                LabFigures.Seconds),
            table));
        return result;
    }
}
