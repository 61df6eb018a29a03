using System.Diagnostics;
using Tandem.Bench.Peers;

namespace Tandem.Bench.Harness;

/// <summary>
/// One run of the benchmark. A figure is the median of several rounds. Contenders take turns within a round and the order rotates, so
/// that a slow minute of the machine, or a neighbour that leaves garbage or a warm cache, falls on all of them alike.
/// </summary>
internal sealed class Session(BenchOptions options, ResultLog results)
{
    // Several times what a round takes on a slow machine: past it something hangs, and the other figures are still wanted.
    private static readonly TimeSpan RoundLimit = TimeSpan.FromSeconds(60);

    // Past this a quick run takes one round of what is left, to keep its promise on a slow machine too.
    private static readonly TimeSpan QuickBudget = TimeSpan.FromSeconds(34);

    private readonly long _start = Stopwatch.GetTimestamp();

    internal bool Quick => options.Quick;

    internal bool HasFailures { get; private set; }

    /// <summary>What the reader of the figures should know: what was left out, and why.</summary>
    internal List<string> Notes { get; } = [];

    internal bool Wants(Metric metric) => options.WantsMetric(metric.Name);

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
        string? problem = await peer.RunAsync(results, Wants);
        if (problem is not null)
            Note($"{peer.Name}: {problem}");
    }

    /// <summary>Measures one metric for all its contenders, round by round.</summary>
    internal async Task CompareAsync(Metric metric, IEnumerable<Contender> contenders, int rounds, int warmUps = 1)
    {
        if (!Wants(metric))
            return;

        List<Contender> running = [.. contenders.Where(contender => Wants(contender.Backend))];
        var figures = running.ToDictionary(contender => contender.Backend, _ => new List<double>());
        for (int round = -warmUps; round < (IsLate ? 1 : rounds); round++)
        {
            for (int turn = 0; turn < running.Count; turn++)
            {
                Contender contender = running[(turn + round + warmUps) % running.Count];
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

    internal void Note(string note)
    {
        Notes.Add(note);
        Console.Error.WriteLine($"note: {note}");
    }

    private bool IsLate => Quick && Stopwatch.GetElapsedTime(_start) > QuickBudget;

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
