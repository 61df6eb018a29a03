using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Compare.Measuring;

namespace Tandem.Compare.Running;

/// <summary>
/// Runs one measurement in a separate process, which is a worker of a pool of one. The process contains the measured pool, and exits
/// afterwards.
/// </summary>
internal sealed class HostProcess(ComparisonOptions options, Workload workload)
{
    // Variables that a worker gets for its role. In this process, the work must run as it would in the program itself.
    private static readonly string[] CollectorVariables =
        ["DOTNET_gcServer", "DOTNET_gcConcurrent", "DOTNET_GCLOHThreshold", "DOTNET_GCgen0size"];

    internal Task<Calibration> CalibrateAsync(RunSpec spec, CancellationToken cancellationToken)
    {
        const int MostItems = 50_000;
        return InAsync(spec, MostItems, static (work, spec, board, token) => work.CalibrateAsync(spec, board, token), cancellationToken);
    }

    internal Task<RunReport> MeasureAsync(RunSpec spec, CancellationToken cancellationToken) =>
        InAsync(spec, spec.Items, static (work, spec, board, token) => work.MeasureAsync(spec, board, token), cancellationToken);

    internal async Task<BlastRadius> KillAsync(RunSpec spec, CancellationToken cancellationToken)
    {
        using var board = new ItemBoard(spec.Items);
        try
        {
            return await InAsync(spec, board, static (work, spec, board, token) => work.KillAsync(spec, board, token), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (WorkerCrashedException e) when (spec.Configuration.Isolation == Isolation.Thread && e.EndedBy == EndedBy.Outside)
        {
            // With threads, the measured program is the process that was killed.
            return Killer.OfProgram(board, spec.Items);
        }
    }

    private async Task<T> InAsync<T>(
        RunSpec spec, int items, Func<Workload, RunSpec, ItemBoard, CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        using var board = new ItemBoard(items);
        return await InAsync(spec, board, action, cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> InAsync<T>(
        RunSpec spec,
        ItemBoard board,
        Func<Workload, RunSpec, ItemBoard, CancellationToken, Task<T>> action,
        CancellationToken cancellationToken)
    {
        await using WorkerPool pool = WorkerPool.Create(PoolOptions());
        Workload work = workload;
        try
        {
            var named = new WorkOptions { Name = spec.Configuration.Name };
            Task<T> run = pool.RunAsync(token => action(work, spec, board, token), named, cancellationToken);
            return await new Waiting(options, workload, spec.Configuration, board).ForAsync(run, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Its workers exit with it.
            await pool.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private ProcessPoolOptions PoolOptions()
    {
        var pool = new ProcessPoolOptions
        {
            MaxWorkers = 1,
            Name = "comparison",
            MaxNesting = 4,
            CancellationGrace = TimeSpan.FromSeconds(1),
            MaxRestarts = 1,
            LoggerFactory = NullLoggerFactory.Instance,
            Program = options.Plan is { } plan ? new Tandem.Launch.OtherProgram(plan) : null,
        };
        pool.DefaultLimits.Timeout = options.Budget + TimeSpan.FromSeconds(60);
        foreach (string name in CollectorVariables)
            pool.Environment[name] = Environment.GetEnvironmentVariable(name);

        foreach ((string name, string? value) in options.Environment)
            pool.Environment[name] = value;

        return pool;
    }
}
