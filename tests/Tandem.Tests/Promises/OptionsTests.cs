namespace Tandem.Tests.Promises;

/// <summary>Options are checked when a pool is made, and the message names the property.</summary>
public class OptionsTests
{
    public static TheoryData<string, object> Invalid => new()
    {
        { nameof(WorkerPoolOptions.MaxWorkers), 0 },
        { nameof(WorkerPoolOptions.MaxWorkers), -1 },
        { nameof(WorkerPoolOptions.MaxWorkers), 4097 },
        { nameof(WorkerPoolOptions.ConcurrencyPerWorker), 0 },
        { nameof(WorkerPoolOptions.ConcurrencyPerWorker), 129 },
        { nameof(WorkerPoolOptions.QueueCapacity), 0 },
        { nameof(WorkerPoolOptions.Isolation), (Isolation)7 },
        { nameof(WorkerPoolOptions.QueueFullMode), (QueueFullMode)7 },
        { nameof(WorkerPoolOptions.Transport), (WorkerTransport)7 },
        { nameof(WorkerPoolOptions.Name), " " },
        { nameof(WorkerPoolOptions.CancellationGrace), TimeSpan.FromSeconds(-2) },
        { nameof(WorkerPoolOptions.TerminationGrace), TimeSpan.FromDays(30) },
        { nameof(WorkerPoolOptions.StartTimeout), TimeSpan.Zero },
        { nameof(WorkerPoolOptions.MaxRestarts), 0 },
        { nameof(WorkerPoolOptions.MaxNesting), 0 },
        { nameof(WorkerPoolOptions.MaxNesting), 17 },
    };

    [Theory]
    [MemberData(nameof(Invalid), DisableDiscoveryEnumeration = true)]
    public void An_option_out_of_range_is_named(string property, object value)
    {
        foreach (Isolation isolation in Enum.GetValues<Isolation>())
        {
            var options = new WorkerPoolOptions { Isolation = isolation };
            typeof(WorkerPoolOptions).GetProperty(property)!.SetValue(options, value);

            ArgumentOutOfRangeException refused = Assert.Throws<ArgumentOutOfRangeException>(() => WorkerPool.Create(options));
            Assert.Equal(property, refused.ParamName);
            Assert.Contains($"{nameof(WorkerPoolOptions)}.{property}", refused.Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentOutOfRangeException>(() => WorkerPool.Create(options, static () => 1));
        }
    }

    [Fact]
    public void Shorthands_check_their_argument_and_null_is_named()
    {
        Assert.Equal("workers", Assert.Throws<ArgumentOutOfRangeException>(() => WorkerPool.Threads(-1)).ParamName);
        Assert.Equal("workers", Assert.Throws<ArgumentOutOfRangeException>(() => WorkerPool.Processes(-1)).ParamName);
        Assert.Throws<ArgumentOutOfRangeException>(() => WorkerPool.Threads(5000));
        Assert.Equal("options", Assert.Throws<ArgumentNullException>(() => WorkerPool.Create(null!)).ParamName);
        Assert.Equal("createState", Assert.Throws<ArgumentNullException>(() => WorkerPool.Create(new WorkerPoolOptions(), (Func<int>)null!)).ParamName);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Options_are_read_once()
    {
        var options = new WorkerPoolOptions { Isolation = Isolation.Thread, MaxWorkers = 1 };
        await using WorkerPool pool = WorkerPool.Create(options);
        options.Isolation = Isolation.Process;
        options.MaxWorkers = 0;

        Assert.Equal(Isolation.Thread, pool.Isolation);
        Assert.Equal(Environment.ProcessId, await pool.RunAsync(static () => Environment.ProcessId));
        await using WorkerPool shorthand = WorkerPool.Threads();
        Assert.Equal(1, await shorthand.RunAsync(static () => 1));
        Assert.InRange(WorkerPool.DefaultWorkerCount, 1, Environment.ProcessorCount);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Environment_variables_are_read_once_too()
    {
        var options = new WorkerPoolOptions { MaxWorkers = 1, Environment = { ["TANDEM_TEST_ONCE"] = "before" } };
        await using WorkerPool pool = WorkerPool.Create(options);
        options.Environment["TANDEM_TEST_ONCE"] = "after";

        Assert.Equal("before", await pool.RunAsync(static () => Environment.GetEnvironmentVariable("TANDEM_TEST_ONCE")));
    }
}
