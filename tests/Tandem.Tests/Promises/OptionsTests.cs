using System.Reflection;

namespace Tandem.Tests.Promises;

/// <summary>Options are checked when a pool is made, and the message names the property.</summary>
public class OptionsTests
{
    public static TheoryData<Isolation, string, object> Invalid
    {
        get
        {
            var invalid = new TheoryData<Isolation, string, object>();
            foreach (Isolation isolation in Enum.GetValues<Isolation>())
            {
                invalid.Add(isolation, nameof(WorkerPoolOptions.MaxWorkers), 0);
                invalid.Add(isolation, nameof(WorkerPoolOptions.MaxWorkers), -1);
                invalid.Add(isolation, nameof(WorkerPoolOptions.MaxWorkers), 4097);
                invalid.Add(isolation, nameof(WorkerPoolOptions.ConcurrencyPerWorker), 0);
                invalid.Add(isolation, nameof(WorkerPoolOptions.ConcurrencyPerWorker), 129);
                invalid.Add(isolation, nameof(WorkerPoolOptions.QueueCapacity), 0);
                invalid.Add(isolation, nameof(WorkerPoolOptions.QueueFullMode), (QueueFullMode)7);
                invalid.Add(isolation, nameof(WorkerPoolOptions.Name), " ");
                invalid.Add(isolation, nameof(WorkerPoolOptions.CancellationGrace), TimeSpan.FromSeconds(-2));
                invalid.Add(isolation, nameof(WorkerPoolOptions.TerminationGrace), TimeSpan.FromDays(30));
            }

            invalid.Add(Isolation.Thread, nameof(ThreadedPoolOptions.MaxAbandonedThreads), -1);
            invalid.Add(Isolation.Process, nameof(ProcessPoolOptions.Transport), (WorkerTransport)7);
            invalid.Add(Isolation.Process, nameof(ProcessPoolOptions.StartTimeout), TimeSpan.Zero);
            invalid.Add(Isolation.Process, nameof(ProcessPoolOptions.MaxRestarts), 0);
            invalid.Add(Isolation.Process, nameof(ProcessPoolOptions.RestartPeriod), TimeSpan.Zero);
            invalid.Add(Isolation.Process, nameof(ProcessPoolOptions.SpareWorkers), 65);
            invalid.Add(Isolation.Process, nameof(ProcessPoolOptions.MaxItemsPerWorker), 0);
            invalid.Add(Isolation.Process, nameof(ProcessPoolOptions.MaxWorkerMemory), 1L);
            invalid.Add(Isolation.Process, nameof(ProcessPoolOptions.MaxWorkerAge), TimeSpan.Zero);
            invalid.Add(Isolation.Process, nameof(ProcessPoolOptions.RecycleJitter), 1.0);
            invalid.Add(Isolation.Process, nameof(ProcessPoolOptions.IdleTimeout), TimeSpan.Zero);
            invalid.Add(Isolation.Process, nameof(ProcessPoolOptions.MinWorkers), 5000);
            invalid.Add(Isolation.Process, nameof(ProcessPoolOptions.MaxNesting), 0);
            invalid.Add(Isolation.Process, nameof(ProcessPoolOptions.MaxNesting), 17);
            return invalid;
        }
    }

    [Theory]
    [MemberData(nameof(Invalid), DisableDiscoveryEnumeration = true)]
    public void An_option_out_of_range_is_named_with_its_value(Isolation isolation, string property, object value)
    {
        WorkerPoolOptions options = WorkerPoolOptions.For(isolation);
        PropertyInfo option = options.GetType().GetProperty(property)!;
        option.SetValue(options, value);

        ArgumentOutOfRangeException refused = Assert.Throws<ArgumentOutOfRangeException>(() => WorkerPool.Create(options));
        Assert.Equal(property, refused.ParamName);
        Assert.Equal(value, refused.ActualValue);
        Assert.Contains($"{option.DeclaringType!.Name}.{property} is {value}; it must be ", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => WorkerPool.Create(options, static () => 1));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_kind_of_the_options_is_the_kind_of_the_pool()
    {
        await using WorkerPool threads = WorkerPool.Create(new ThreadedPoolOptions { MaxWorkers = 1 });
        await using WorkerPool<int> threadsWithState = WorkerPool.Create(new ThreadedPoolOptions { MaxWorkers = 1 }, static () => 1);
        await using WorkerPool processes = WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 1 });
        await using WorkerPool<int> processesWithState = WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 1 }, static () => 1);

        Assert.Equal(
            [Isolation.Thread, Isolation.Thread, Isolation.Process, Isolation.Process],
            new[] { threads, threadsWithState, processes, processesWithState }.Select(static pool => pool.Isolation));
        Assert.Equal("isolation", Assert.Throws<ArgumentOutOfRangeException>(static () => WorkerPoolOptions.For((Isolation)7)).ParamName);
    }

    [Fact]
    public void Shorthands_check_their_argument_and_null_is_named()
    {
        Assert.Equal("workers", Assert.Throws<ArgumentOutOfRangeException>(() => WorkerPool.Threads(-1)).ParamName);
        Assert.Equal("workers", Assert.Throws<ArgumentOutOfRangeException>(() => WorkerPool.Processes(-1)).ParamName);
        Assert.Throws<ArgumentOutOfRangeException>(() => WorkerPool.Threads(5000));
        Assert.Equal("options", Assert.Throws<ArgumentNullException>(() => WorkerPool.Create((WorkerPoolOptions)null!)).ParamName);
        Assert.Equal("createState", Assert.Throws<ArgumentNullException>(() => WorkerPool.Create(new ProcessPoolOptions(), (Func<int>)null!)).ParamName);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Options_are_read_once()
    {
        var options = new ThreadedPoolOptions { MaxWorkers = 1 };
        await using WorkerPool pool = WorkerPool.Create(options);
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
        var options = new ProcessPoolOptions { MaxWorkers = 1, Environment = { ["TANDEM_TEST_ONCE"] = "before" } };
        await using WorkerPool pool = WorkerPool.Create(options);
        options.Environment["TANDEM_TEST_ONCE"] = "after";

        Assert.Equal("before", await pool.RunAsync(static () => Environment.GetEnvironmentVariable("TANDEM_TEST_ONCE")));
    }
}
