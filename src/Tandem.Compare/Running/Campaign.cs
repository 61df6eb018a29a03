using System.Diagnostics;
using System.Globalization;
using Tandem.Compare.Measuring;
using Tandem.Compare.Recommending;

namespace Tandem.Compare.Running;

/// <summary>
/// Runs a comparison: a short run to estimate the work, then rounds in which every configuration has its turn, then the evaluation. The
/// order rotates from round to round, so that a slow minute of the machine affects all alike.
/// </summary>
internal sealed class Campaign(Workload workload, ComparisonOptions options, CancellationToken cancellationToken)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly List<string> _notes = [.. options.Notes];

    internal async Task<ComparisonResult> RunAsync()
    {
        int processors = WorkerPool.DefaultWorkerCount;
        Calibration calibration = await CalibrateAsync().ConfigureAwait(false);
        Plan plan = Plan.For(options, calibration, processors);
        // Files are read from the disk only once, and the first reader pays for it. Compiled code is also faster than in the first run.
        if (await RehearseAsync(plan).ConfigureAwait(false) is { } perItem && perItem < calibration.PerItem)
        {
            calibration = calibration with { PerItem = perItem };
            plan = Plan.For(options, calibration, processors);
        }

        if (plan.Excess(options) is { } excess)
        {
            _notes.Add(excess);
            options.Progress?.Report(new ComparisonProgress(excess, 0, 0) { IsNote = true });
        }

        var host = new HostProcess(options, workload.Take(plan.Items));
        Summary[] summaries = [.. plan.Configurations.Select(static configuration => new Summary(configuration))];
        int rounds = await MeasureAsync(host, plan, summaries).ConfigureAwait(false);
        if (options.KillWorker)
            await KillAsync(host, plan, summaries).ConfigureAwait(false);

        Summary? oneThread = Array.Find(summaries, static summary => summary.Configuration is { Isolation: Isolation.Thread, Workers: 1 });
        ConfigurationResult[] results = [.. summaries.Select(summary => summary.ToResult(oneThread))];
        CheckAnythingWorked(results);
        NoteFailedItems(results);
        return new ComparisonResult
        {
            Machine = Machine.Describe(),
            ItemsPerRun = plan.Items,
            ItemsGiven = workload.Count,
            Rounds = rounds,
            MeanItemTime = calibration.PerItem,
            ComputingShare = calibration.ComputingShare,
            Elapsed = Stopwatch.GetElapsedTime(_start),
            Configurations = results,
            Recommendation = Recommender.Recommend(results, options.MinDifference, calibration.ComputingShare),
            Notes = _notes,
        };
    }

    private async Task<Calibration> CalibrateAsync()
    {
        options.Progress?.Report(new ComparisonProgress("a first short run of the work", 0, 0));
        var one = new WorkerConfiguration(Isolation.Thread, 1);
        TimeSpan time = TimeSpan.FromSeconds(Math.Clamp(options.Budget.TotalSeconds / 40, 0.05, 2));
        Calibration calibration;
        try
        {
            calibration = await new HostProcess(options, workload)
                .CalibrateAsync(new RunSpec(one, 1, time, 0), cancellationToken).ConfigureAwait(false);
        }
        catch (WorkTimeoutException e)
        {
            throw new ComparisonException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The first items did not complete within {e.Limit.TotalSeconds:0} s; use smaller items, or allow more time."),
                e);
        }
        catch (WorkerCrashedException e)
        {
            throw new ComparisonException($"The work crashed its process, on a thread, at one of the first items: {e.Message}", e);
        }

        if (calibration.Failed == calibration.Items)
            throw new ComparisonException($"All of the first {calibration.Items} items failed. {string.Join("; ", calibration.Errors)}");

        return calibration;
    }

    /// <summary>The time per item in the configuration with the most threads; null if it could not be measured.</summary>
    private async Task<TimeSpan?> RehearseAsync(Plan plan)
    {
        options.Progress?.Report(new ComparisonProgress("a warm-up run", 0, 0));
        var summary = new Summary(plan.Configurations
            .Where(static configuration => configuration.Isolation == Isolation.Thread)
            .MaxBy(static configuration => configuration.Slots)!);
        await MeasureAsync(new HostProcess(options, workload.Take(plan.Items)), plan, summary).ConfigureAwait(false);
        return summary.Runs is [var run] ? run.Elapsed * plan.AtOnce(summary.Configuration) / plan.Items : null;
    }

    private async Task<int> MeasureAsync(HostProcess host, Plan plan, Summary[] summaries)
    {
        TimeSpan last = default;
        for (int round = 0; round < options.Repeats; round++)
        {
            long start = Stopwatch.GetTimestamp();
            if (round >= Plan.FewestRounds && Stopwatch.GetElapsedTime(_start) + last > options.Budget * 1.1)
            {
                _notes.Add(string.Create(CultureInfo.InvariantCulture, $"The time was up after {round} of {options.Repeats} rounds."));
                return round;
            }

            for (int turn = 0; turn < summaries.Length; turn++)
            {
                Summary summary = summaries[(turn + round) % summaries.Length];
                options.Progress?.Report(new ComparisonProgress(
                    $"round {round + 1}: {summary.Configuration.Name}",
                    (round * summaries.Length) + turn,
                    options.Repeats * summaries.Length));
                if (summary.Failure is null)
                    await MeasureAsync(host, plan, summary).ConfigureAwait(false);
            }

            last = Stopwatch.GetElapsedTime(start);
        }

        return options.Repeats;
    }

    private async Task MeasureAsync(HostProcess host, Plan plan, Summary summary)
    {
        try
        {
            var spec = new RunSpec(summary.Configuration, plan.Items, plan.WarmUpOf(summary.Configuration), options.MaxTimelineItems);
            RunReport run = await host.MeasureAsync(spec, cancellationToken).ConfigureAwait(false);
            if (run.Done == 0)
                summary.Failure = $"All {run.Failed} items failed. {string.Join("; ", run.Errors)}";
            else
                summary.Runs.Add(run);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // If one configuration fails, this says something about the work; the others continue.
            summary.Failure = $"{e.GetType().Name}: {e.Message}";
        }
    }

    private async Task KillAsync(HostProcess host, Plan plan, Summary[] summaries)
    {
        foreach (Summary summary in summaries.Where(static summary => summary.Failure is null))
        {
            options.Progress?.Report(new ComparisonProgress($"killing a worker: {summary.Configuration.Name}", 0, 0));
            try
            {
                var spec = new RunSpec(summary.Configuration, plan.Items, TimeSpan.Zero, 0);
                summary.BlastRadius = await host.KillAsync(spec, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                _notes.Add($"The loss when a worker is killed could not be measured with {summary.Configuration.Name}: {e.Message}");
            }
        }
    }

    private void NoteFailedItems(ConfigurationResult[] results)
    {
        const int ErrorsShown = 3;
        string[] errors = [.. results.SelectMany(static result => result.FirstErrors).Distinct().Take(ErrorsShown)];
        if (errors.Length > 0)
            _notes.Add($"Some items fail: {string.Join("; ", errors)}");
    }

    private static void CheckAnythingWorked(ConfigurationResult[] results)
    {
        if (Array.TrueForAll(results, static result => result.Failure is not null))
        {
            throw new ComparisonException(
                "Nothing could be measured. "
                    + $"{string.Join("\n", results.Select(static result => $"{result.Configuration}: {result.Failure}").Distinct())}");
        }
    }
}
