using System.Net;
using Tandem.Serve.Protocol;

namespace Tandem.Serve;

/// <summary>The options of `tandem serve`.</summary>
internal sealed record ServeOptions
{
    /// <summary>The application and its arguments, as on a command line.</summary>
    internal required IReadOnlyList<string> Command { get; init; }

    /// <summary>
    /// The application's current folder, where it finds its content; null for the folder in which the supervisor was started.
    /// </summary>
    internal string? Folder { get; init; }

    /// <summary>A file of environment variables for the workers, read at the start and at each reload; null for none.</summary>
    internal string? EnvironmentFile { get; init; }

    /// <summary>The number of worker processes that serve; with a range, the number at the start.</summary>
    internal int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>The range within which the load selects the number of workers; null for a fixed number.</summary>
    internal int? MinWorkers { get; init; }

    /// <inheritdoc cref="MinWorkers"/>
    internal int? MaxWorkers { get; init; }

    /// <summary>How long work must have waited for a worker's thread pool to count as waiting long, so that workers may be added.</summary>
    internal TimeSpan ScaleWait { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long nothing must have waited before a worker is removed.</summary>
    internal TimeSpan ScaleDownAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The number of extra workers that are started ahead of time and replace a worker that crashes.</summary>
    internal int Spares { get; init; }

    /// <summary>The number of processes that wait before the application's <c>Main</c>, to become workers when they are needed.</summary>
    internal int Standbys { get; init; } = 1;

    /// <summary>The bounds of a worker's thread pool; 0 for the runtime's own.</summary>
    internal int MinThreads { get; init; }

    /// <inheritdoc cref="MinThreads"/>
    internal int MaxThreads { get; init; }

    /// <summary>The addresses to listen on; empty for the application's own.</summary>
    internal IReadOnlyList<string> Urls { get; init; } = [];

    /// <summary>The path that a new worker must answer with 2xx or 3xx before it serves; null for no check.</summary>
    internal string? HealthPath { get; init; }

    /// <summary>The path that is requested once from a new worker before it serves, whatever it answers; null for none.</summary>
    internal string? WarmUpPath { get; init; } = "/";

    /// <summary>
    /// How long the application's process may take until Tandem's hook runs in it, and then again until it has built a host that Tandem can
    /// attach to.
    /// </summary>
    internal TimeSpan AttachTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a worker may take to become ready.</summary>
    internal TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the server keeps serving after it was told to stop, while the readiness probe already fails.</summary>
    internal TimeSpan DrainDelay { get; init; } = TimeSpan.Zero;

    /// <summary>How long a worker may take to exit after it was told to; then it is killed.</summary>
    internal TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Extra time for the application's own shutdown, after requests that were not done within <see cref="DrainTimeout"/> are aborted.
    /// </summary>
    internal TimeSpan ShutdownTimeout { get; init; }

    /// <summary>How long a keep-alive connection must have been silent before a draining worker closes it.</summary>
    internal TimeSpan KeepAliveSilence { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a worker's process may show no heartbeat, or work may wait for its thread pool, before the worker is replaced; zero for no
    /// limit.
    /// </summary>
    internal TimeSpan HangTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a request may take before it is aborted; zero for no limit.</summary>
    internal TimeSpan RequestTimeout { get; init; }

    /// <summary>How long an aborted request may keep its thread before its worker is replaced.</summary>
    internal TimeSpan RequestGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Paths at and below which requests have no time limit.</summary>
    internal IReadOnlyList<string> RequestTimeoutExcept { get; init; } = [];

    /// <summary>The time limits of requests, for a worker; null if there is no limit.</summary>
    internal RequestLimits? RequestLimits => RequestTimeout > TimeSpan.Zero
        ? new RequestLimits((int)RequestTimeout.TotalMilliseconds, (int)RequestGrace.TotalMilliseconds, RequestTimeoutExcept)
        : null;

    /// <summary>The number of requests after which a worker is replaced; null for never.</summary>
    internal long? MaxRequests { get; init; }

    /// <summary>The private memory, in bytes, at which a worker is replaced; null for never.</summary>
    internal long? MaxMemory { get; init; }

    /// <summary>The age at which a worker is replaced; null for never.</summary>
    internal TimeSpan? MaxAge { get; init; }

    /// <summary>How far below these limits each worker's own limit may be, as a fraction from 0 to 0.9.</summary>
    internal double Jitter { get; init; } = 0.1;

    /// <summary>After this many failed starts within <see cref="RestartPeriod"/>, a worker is started only once in each period.</summary>
    internal int RestartLimit { get; init; } = 5;

    /// <inheritdoc cref="RestartLimit"/>
    internal TimeSpan RestartPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A worker that exits before this age counts as a failed start.</summary>
    internal TimeSpan MinUptime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The names of hosted services that run in one worker only.</summary>
    internal IReadOnlyList<string> Once { get; init; } = [];

    /// <summary>How requests of one client are routed to one worker.</summary>
    internal StickyMode Sticky { get; init; }

    /// <summary>Whether workers continue to serve when the supervisor is killed; otherwise they drain and exit.</summary>
    internal bool OrphansServe { get; init; }

    /// <summary>Whether the container's memory is divided among the workers.</summary>
    internal bool DividesMemory { get; init; } = true;

    /// <summary>Whether crashed workers write dumps.</summary>
    internal bool CollectDumps { get; init; }

    /// <summary>The path of the start profile; null for the user's cache folder, empty for no profile.</summary>
    internal string? StartProfile { get; init; }

    /// <summary>The path of the control socket; null for one in the user's folder for sockets.</summary>
    internal string? ControlPath { get; init; }

    /// <summary>The address for Prometheus and probes; null for none, port 0 for any free port.</summary>
    internal IPEndPoint? MetricsAddress { get; init; }

    /// <summary>The file for all output; null for standard output.</summary>
    internal string? LogFile { get; init; }

    /// <summary>The clock by which the supervisor decides; null for the system's.</summary>
    internal TimeProvider? TimeProvider { get; init; }

    /// <summary>The clock by which the supervisor decides.</summary>
    internal TimeProvider Time => TimeProvider ?? TimeProvider.System;
}
