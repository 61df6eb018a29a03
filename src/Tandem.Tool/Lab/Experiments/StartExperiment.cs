using System.Diagnostics;
using System.Runtime.Versioning;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>How long it takes until a new thread, process or worker has done its first thing.</summary>
[SupportedOSPlatform("linux")]
internal sealed class StartExperiment : LabExperiment
{
    internal override string Name => "start";

    internal override string Question => "What does it take to create a thread, a process, a worker?";

    internal override string Expected => "A process takes ten times as long as a thread or more; a process with a .NET runtime a thousand times.";

    internal override async Task<LabResult> RunAsync(LabContext context)
    {
        context.Begin("threads");
        double pooled = LabFigures.Time(context.Times(500, 50), static () => Task.Run(static () => { }).Wait());
        double thread = LabFigures.Time(context.Times(500, 50), static () =>
        {
            var thread = new Thread(static () => { });
            thread.Start();
            thread.Join();
        });
        context.Begin("processes");
        double process = LabFigures.Time(context.Times(100, 10), static () =>
        {
            using Process child = Process.Start("/bin/true");
            child.WaitForExit();
        });
        context.Begin("workers");
        double worker = await LabFigures.TimeAsync(context.Times(10, 2), static async () =>
        {
            await using WorkerPool pool = WorkerPool.Processes(1);
            await pool.RunAsync(static () => 1).ConfigureAwait(false);
        }).ConfigureAwait(false);

        (string Name, string Key, double Seconds)[] all =
        [
            ("a task on the thread pool", "task_seconds", pooled), ("a thread", "thread_seconds", thread), ("a process (/bin/true)", "process_seconds", process),
            ("a .NET worker process, to its first result", "worker_seconds", worker),
        ];
        var table = new LabTable("From the call to its end", ["what", "time", "of a thread"]);
        var result = new LabResult(
            $"A thread {LabFigures.Seconds(thread)}, a process {LabFigures.Seconds(process)} ({LabFigures.Ratio(process / thread)}), a worker process {LabFigures.Seconds(worker)} ({LabFigures.Ratio(worker / thread)}).",
            process / thread < 10 ? LabVerdict.Partly : LabVerdict.Holds);
        foreach ((string name, string key, double seconds) in all)
        {
            table.Row(name, LabFigures.Seconds(seconds), LabFigures.Ratio(seconds / thread));
            result.Values[key] = seconds;
        }

        result.Tables.Add(table);
        result.Plots.Add((Charts.Dots("Time to start", "time", [.. all.Select(static one => one.Name.Split(',')[0])], [("time", [.. all.Select(static one => one.Seconds)])], LabFigures.Seconds), table));
        return result;
    }
}
