using Microsoft.Extensions.Logging.Abstractions;

namespace Tandem.Chaos;

/// <summary>A pool under chaos.</summary>
/// <param name="Name">For the command line.</param>
/// <param name="Retries">How often an item may be run again after a crash.</param>
/// <param name="Configure">Makes the pool what it is.</param>
internal sealed record Scenario(string Name, int Retries, Action<ProcessPoolOptions> Configure)
{
    internal static readonly Scenario[] All =
    [
        new("rings", 0, static options => options.SpareWorkers = 1),
        new("lanes", 0, static options => options.ConcurrencyPerWorker = 4),
        new("mapped", 0, static options => options.Transport = WorkerTransport.MappedMemory),
        new("portable", 0, static options => options.Transport = WorkerTransport.Portable),
        new("limits", 1, static options =>
        {
            options.SpareWorkers = 1;
            options.MaxItemsPerWorker = 5000;
            options.MaxWorkerAge = TimeSpan.FromSeconds(2);
            options.DefaultLimits.MaxCrashRetries = 1;
        }),
        // Workers start all the time, and are killed meanwhile, on a machine that is busy with something else.
        new("starts", 0, static options =>
        {
            options.SpareWorkers = 1;
            options.MaxItemsPerWorker = 200;
        })
        {
            BusyLoops = 2,
        },
    ];

    /// <summary>How many threads keep processors busy beside the pool.</summary>
    internal int BusyLoops { get; init; }

    internal WorkerPool CreatePool()
    {
        var options = new ProcessPoolOptions
        {
            MaxWorkers = 2,
            Name = Name,
            CancellationGrace = TimeSpan.FromMilliseconds(50),
            TerminationGrace = TimeSpan.FromMilliseconds(100),
            LoggerFactory = NullLoggerFactory.Instance,
        };
        Configure(options);
        return WorkerPool.Create(options);
    }
}
