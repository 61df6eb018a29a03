using System.Diagnostics;
using Tandem.Bench.Peers;

namespace Tandem.Bench.Harness;

/// <summary>
/// One run of the benchmark. A figure is the median of several rounds. Contenders take turns within a round
/// (<see cref="Turns"/>).
/// </summary>
internal sealed class Session(BenchOptions options, ResultLog results)
{
    // What a quick run shares out among its metrics, so that it keeps its promise on a slow or busy machine too.
    private static readonly TimeSpan QuickBudget = TimeSpan.FromSeconds(30);

    private readonly long _start = Stopwatch.GetTimestamp();
    private int _compared;

    internal bool Quick => options.Quick;

    internal bool HasFailures { get; private set; }

    /// <summary>What the reader of the figures should know: what was left out, and why.</summary>
    internal List<string> Notes { get; } = [];

    internal bool Wants(Metric metric) => options.WantsMetric(metric.Name) && (!Quick || !metric.IsSlow || options.NamesMetric(metric.Name));

    internal bool Wants(string backend) => options.WantsBackend(backend);

    /// <summary>A count that is smaller in a quick run.</summary>
    internal int Scale(int full, int quick) => Quick ? quick : full;

    internal async Task RunAsync(MetricGroup group)
    {
        if (!group.Metrics.Any(Wants))
            return;

        try
        {
            await group.RunAsync(this);
        }
        catch (Exception e)
        {
            Fail(string.Join(", ", group.Metrics.Select(metric => metric.Name)), e);
        }
    }

    internal async Task RunAsync(Peer peer)
    {
        try
        {
            if (await peer.RunAsync(results) is { } problem)
                Note($"{peer.Name}: {problem}");
        }
        catch (Exception e)
        {
            Fail(peer.Name, e);
        }
    }

    /// <summary>Measures one metric for all its contenders, round by round.</summary>
    internal async Task CompareAsync(Metric metric, IEnumerable<Contender> contenders, int rounds, int warmUps = 1)
    {
        if (!Wants(metric))
            return;

        List<Contender> running = [.. contenders.Where(contender => Wants(contender.Backend))];
        var figures = running.ToDictionary(contender => contender.Backend, _ => new List<double>());
        TimeSpan allowance = NextAllowance();
        long start = Stopwatch.GetTimestamp();
        for (int round = -warmUps; round < rounds; round++)
        {
            if (round > 0 && Stopwatch.GetElapsedTime(start) > allowance)
                break;

            for (int turn = 0; turn < running.Count; turn++)
            {
                Contender contender = running[Turns.WhoComes(turn, round + warmUps, running.Count)];
                double? figure = await MeasureAsync(metric, contender);
                if (figure is null)
                    figures.Remove(contender.Backend);
                else if (round >= 0 && figures.TryGetValue(contender.Backend, out List<double>? list))
                    list.Add(figure.Value);
            }

            running.RemoveAll(contender => !figures.ContainsKey(contender.Backend));
        }

        foreach (Contender contender in running)
            results.Add(contender.Backend, metric, Statistics.Median(figures[contender.Backend]));
    }

    /// <summary>Adds a figure that was measured along with that of another metric.</summary>
    internal void Add(string backend, Metric metric, double figure)
    {
        if (Wants(metric))
            results.Add(backend, metric, figure);
    }

    /// <summary>Runs contenders once, for nothing; what fails here fails again where it is measured.</summary>
    internal async Task WarmUpAsync(IEnumerable<Contender> contenders)
    {
        foreach (Contender contender in contenders.Where(contender => Wants(contender.Backend)))
            await ((Task)contender.MeasureAsync().WaitAsync(RoundLimit)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    internal void Note(string note)
    {
        Notes.Add(note);
        Console.Error.WriteLine($"note: {note}");
    }

    // Several times what a round takes on a slow machine: past it something hangs, and the other figures are still wanted.
    private TimeSpan RoundLimit => TimeSpan.FromSeconds(Scale(full: 60, quick: 15));

    /// <summary>How long the next comparison may go on with further rounds.</summary>
    private TimeSpan NextAllowance()
    {
        if (!Quick)
            return TimeSpan.MaxValue;

        // Metrics differ in cost, and most take less than an equal share.
        const int Generosity = 2;
        int left = Math.Max(1, Metric.All.Count(Wants) - _compared++);
        TimeSpan rest = QuickBudget - Stopwatch.GetElapsedTime(_start);
        return rest * Generosity / left;
    }

    private async Task<double?> MeasureAsync(Metric metric, Contender contender)
    {
        // What the former contender left behind is not this one's to collect.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        try
        {
            return await contender.MeasureAsync().WaitAsync(RoundLimit);
        }
        catch (Exception e)
        {
            Fail($"{contender.Backend} {metric.Name}", e);
            return null;
        }
    }

    private void Fail(string what, Exception e)
    {
        HasFailures = true;
        Note($"{what} could not be measured: {e.GetType().Name}: {e.Message}");
    }
}
