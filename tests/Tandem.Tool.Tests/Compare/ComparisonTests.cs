using System.Globalization;
using Tandem.Compare;
using Tandem.Tool.Tests.Infrastructure;

namespace Tandem.Tool.Tests.Compare;

/// <summary>The comparison as code calls it: this test program is started again for each run.</summary>
public sealed class ComparisonTests
{
    private static ComparisonOptions Short => new() { WorkerCounts = [2], Repeats = 2, Budget = TimeSpan.FromSeconds(0.5), MaxTimelineItems = 10 };

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task Every_configuration_gets_its_figures()
    {
        ComparisonResult result = await Comparison.RunAsync(Enumerable.Range(0, 50), Busy, Short);

        Assert.Equal(3, result.Configurations.Count);
        Assert.Equal(2, result.Rounds);
        foreach (ConfigurationResult one in result.Configurations)
        {
            Assert.Null(one.Failure);
            Assert.Equal(2, one.ThroughputByRound.Count);
            Assert.All(one.ThroughputByRound, static throughput => Assert.True(throughput > 0));
            Assert.Equal(2L * result.ItemsPerRun, one.Latency.Count);
            Assert.True(one.Latency.Median <= one.Latency.Percentile99 && one.Latency.Percentile99 <= one.Latency.Maximum);
            Assert.True(one.ProcessorTimePerItem > TimeSpan.Zero);
            Assert.True(one.Memory.Peak > one.Memory.Private && one.Memory.Private > 0);
            Assert.True(one.Collections.AllocatedBytes > 0);
            Assert.True(one.StartTime > TimeSpan.Zero);
            Assert.Equal(0, one.FailedItems);
            Assert.InRange(one.Timeline.Count, 1, 10);
            Assert.All(one.Timeline, static item => Assert.True(item.Start <= item.End && item.Start >= TimeSpan.Zero));
            Assert.DoesNotContain(one.Timeline, static item => item.ProcessId == Environment.ProcessId);
        }

        Assert.Contains("PoolOptions { MaxWorkers = ", result.Recommendation.Code, StringComparison.Ordinal);
    }

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task A_killed_worker_costs_a_program_or_an_item()
    {
        ComparisonOptions options = Short;
        options.KillWorker = true;
        ComparisonResult result = await Comparison.RunAsync(Enumerable.Range(0, 50), static item => Task.Delay(60 + item), options);

        BlastRadius threads = result.Configurations.Single(static one => one.Configuration.Model == WorkerModel.Threads).BlastRadius!;
        Assert.True(threads.EndsProgram);
        Assert.Equal(threads.Items, threads.RunningItemsLost + threads.FinishedItemsLost + threads.ItemsNeverRun);
        Assert.InRange(threads.RunningItemsLost, 1, 2);

        BlastRadius processes = result.Configurations.Single(static one => one.Configuration.Model == WorkerModel.Processes).BlastRadius!;
        Assert.False(processes.EndsProgram);
        Assert.Equal((1, 0, 0), (processes.RunningItemsLost, processes.FinishedItemsLost, processes.ItemsNeverRun));
        Assert.NotNull(processes.Recovery);
    }

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task A_worker_is_killed_at_work_however_short_the_work_is()
    {
        ComparisonOptions options = Short;
        options.KillWorker = true;
        ComparisonResult result = await Comparison.RunAsync(Enumerable.Range(0, 50), Busy, options);

        foreach (ConfigurationResult one in result.Configurations.Where(static one => one.Configuration.Isolation == Isolation.Process))
        {
            Assert.False(one.BlastRadius!.EndsProgram);
            bool isKilled = !one.BlastRadius.Description.Contains("no worker was killed", StringComparison.Ordinal);
            Assert.Equal(isKilled, one.BlastRadius.RunningItemsLost > 0);
        }
    }

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task Items_that_fail_are_counted_and_the_rest_is_compared()
    {
        ComparisonResult result = await Comparison.RunAsync(Enumerable.Range(0, 20), static item => item % 4 != 0 ? item : throw new FormatException("a fourth"), Short);

        Assert.All(result.Configurations, static one => Assert.True(one.FailedItems > 0 && one.Throughput > 0));
        IEnumerable<string> errors = result.Configurations.Select(static one => one.FirstErrors[0]);
        Assert.All(errors, static error => Assert.Contains("FormatException: a fourth", error, StringComparison.Ordinal));
        Assert.Contains(result.Notes, static note => note.Contains("Some items fail", StringComparison.Ordinal));
    }

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task An_item_that_does_not_end_is_named_while_it_is_waited_for()
    {
        using var stop = new CancellationTokenSource();
        var told = new Steps(step =>
        {
            if (step.StartsWith("waiting for item", StringComparison.Ordinal))
                stop.Cancel();
        });
        ComparisonOptions options = Short;
        options.Patience = TimeSpan.FromMilliseconds(200);
        options.Progress = told;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Comparison.RunAsync(["endless"], static item => Hang(item), options, stop.Token));

        Assert.StartsWith("waiting for item endless, which has run for ", told.Last, StringComparison.Ordinal);
    }

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task Work_that_always_fails_is_no_comparison()
    {
        var error = await Assert.ThrowsAsync<ComparisonException>(
            static () => Comparison.RunAsync(["one", "two"], static text => int.Parse(text, CultureInfo.InvariantCulture), Short));
        Assert.Contains("FormatException: ", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task Work_that_cannot_travel_is_refused_by_name()
    {
        using var file = new FileStream("/dev/null", FileMode.Open, FileAccess.Read);
        await Assert.ThrowsAsync<WorkSerializationException>(() => Comparison.RunAsync([1], item => item + file.Length, Short));
    }

    [Fact]
    public async Task No_items_are_no_comparison() =>
        await Assert.ThrowsAsync<ComparisonException>(static () => Comparison.RunAsync(Array.Empty<int>(), static item => item, Short));

    [Fact]
    public async Task Options_that_make_no_sense_are_refused() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(static () => Comparison.RunAsync([1], static item => item, new ComparisonOptions { Repeats = 1 }));

    private static int Hang(string item)
    {
        Thread.Sleep(Timeout.Infinite);
        return item.Length;
    }

    private sealed class Steps(Action<string> told) : IProgress<ComparisonProgress>
    {
        internal string Last { get; private set; } = "";

        public void Report(ComparisonProgress value) => told(Last = value.Step);
    }

    private static int Busy(int item)
    {
        int hash = item;
        for (int step = 0; step < 20_000; step++)
            hash = unchecked((hash * 31) + step);

        return hash + new byte[1000].Length;
    }
}
