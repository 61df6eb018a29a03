using Microsoft.Extensions.Logging.Abstractions;

namespace Tandem.Smoke;

/// <summary>Where a scenario runs: its pools, its folder, and how it waits.</summary>
internal sealed class Setting : IDisposable
{
    private const int Interval = 5; // milliseconds

    private readonly SmokeOptions _options;
    private readonly long _end;
    private int _gates;

    internal Setting(SmokeOptions options)
    {
        _options = options;
        // Before the deadline of the scenario, so that the report says what was waited for.
        _end = Environment.TickCount64 + (long)(options.Deadline.TotalMilliseconds * 0.9);
    }

    internal Isolation Isolation => _options.Isolation;

    internal bool HasProcesses => Isolation == Isolation.Process;

    /// <summary>The name of the transport on the command line.</summary>
    internal string Kind => !HasProcesses ? "threads" : _options.Transport switch
    {
        WorkerTransport.Portable => "portable",
        WorkerTransport.SharedMemory => "shared",
        _ => "mapped",
    };

    /// <summary>A folder for the scenario's files.</summary>
    internal string Folder { get; } = Directory.CreateTempSubdirectory("tandem-smoke-").FullName;

    internal Gate CreateGate() => new(Path.Combine(Folder, $"gate-{++_gates}"));

    internal WorkerPool CreatePool(int workers = 1, Action<WorkerPoolOptions>? configure = null) => WorkerPool.Create(Options(workers, configure));

    internal WorkerPool CreateProcesses(int workers, Action<ProcessPoolOptions> configure) =>
        CreatePool(workers, options => configure((ProcessPoolOptions)options));

    internal WorkerPoolOptions Options(int workers, Action<WorkerPoolOptions>? configure = null) => Options(_options, workers, configure);

    /// <summary>Options with times that are long enough for a machine that is busy or emulated.</summary>
    internal static WorkerPoolOptions Options(SmokeOptions smoke, int workers, Action<WorkerPoolOptions>? configure = null)
    {
        var options = WorkerPoolOptions.For(smoke.Isolation);
        options.MaxWorkers = workers;
        options.Name = "smoke";
        // Drops what dying workers print.
        options.LoggerFactory = NullLoggerFactory.Instance;
        options.CancellationGrace = options.TerminationGrace = TimeSpan.FromSeconds(60);
        if (options is ProcessPoolOptions processes)
        {
            processes.Transport = smoke.Transport;
            processes.StartTimeout = TimeSpan.FromSeconds(120);
        }

        configure?.Invoke(options);
        return options;
    }

    /// <summary>Waits for what cannot be awaited: other processes, files.</summary>
    internal Task UntilAsync(Func<bool> condition, string what) => UntilAsync(condition, () => what);

    /// <inheritdoc cref="UntilAsync(Func{bool}, string)"/>
    internal async Task UntilAsync(Func<bool> condition, Func<string> what)
    {
        while (!condition())
        {
            if (Environment.TickCount64 > _end)
                throw new SmokeException($"this did not happen: {what()}");

            await Task.Delay(Interval);
        }
    }

    internal Task OpenedAsync(Gate gate, string what) => UntilAsync(() => gate.IsOpen, what);

    internal Task GoneAsync(IEnumerable<int> processes, string what) => UntilAsync(() => !processes.Any(OtherProcess.IsAlive), what);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (IOException)
        {
            // A worker that is being ended may have a file open, which some systems mind.
        }
    }
}
