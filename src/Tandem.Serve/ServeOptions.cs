using System.Net;
using Tandem.Serve.Protocol;

namespace Tandem.Serve;

/// <summary>What was asked of `tandem serve`.</summary>
internal sealed record ServeOptions
{
    /// <summary>The application and its arguments, as on a command line.</summary>
    internal required IReadOnlyList<string> Command { get; init; }

    /// <summary>The current folder of the application, which is where it looks for its content; null for this process's own.</summary>
    internal string? Folder { get; init; }

    /// <summary>A file of environment variables for the workers, which is read at the start and at each reload; null for none.</summary>
    internal string? EnvironmentFile { get; init; }

    /// <summary>How many worker processes serve.</summary>
    internal int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>Between how many workers the load decides; null where there are always as many as they are told to be.</summary>
    internal int? MinWorkers { get; init; }

    /// <inheritdoc cref="MinWorkers"/>
    internal int? MaxWorkers { get; init; }

    /// <summary>From when on work has waited long for the workers' thread pools, so that there are to be more workers.</summary>
    internal TimeSpan ScaleWait { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long nothing must have waited before there is a worker less.</summary>
    internal TimeSpan ScaleDownAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many more are started ahead, and take the place of one that crashes.</summary>
    internal int Spares { get; init; }

    /// <summary>How many processes wait before the application's <c>Main</c>, to become workers that are needed.</summary>
    internal int Standbys { get; init; } = 1;

    /// <summary>Bounds of a worker's thread pool; 0 for the runtime's own.</summary>
    internal int MinThreads { get; init; }

    /// <inheritdoc cref="MinThreads"/>
    internal int MaxThreads { get; init; }

    /// <summary>Where to listen; empty for where the application wants to.</summary>
    internal IReadOnlyList<string> Urls { get; init; } = [];

    /// <summary>The path that tells whether a new worker is well (it answers with 2xx or 3xx); null for none.</summary>
    internal string? HealthPath { get; init; }

    /// <summary>The path that a new worker is asked for before it serves, whatever it answers; null for none.</summary>
    internal string? WarmUpPath { get; init; } = "/";

    /// <summary>How long the application's process may take until Tandem's hook runs in it, and from then on until it has built a host to attach to.</summary>
    internal TimeSpan AttachTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a worker may take until it is ready.</summary>
    internal TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the workers go on as before when the server is told to stop, while readiness says no already.</summary>
    internal TimeSpan DrainDelay { get; init; } = TimeSpan.Zero;

    /// <summary>How long a worker may take from when it is told to end until it has; then it is ended.</summary>
    internal TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How much longer the application may take for its own shutdown, once requests that were not done within <see cref="DrainTimeout"/> are cut off.</summary>
    internal TimeSpan ShutdownTimeout { get; init; }

    /// <summary>How long a kept-alive connection must have been silent before a draining worker closes it.</summary>
    internal TimeSpan KeepAliveSilence { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a worker's process may show no life, or work wait for its thread pool, before it is replaced; zero for ever.</summary>
    internal TimeSpan HangTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a request may take before it is aborted; zero for ever.</summary>
    internal TimeSpan RequestTimeout { get; init; }

    /// <summary>How long after that it may still hold its thread before its worker is replaced.</summary>
    internal TimeSpan RequestGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Paths below which requests may take as long as they want.</summary>
    internal IReadOnlyList<string> RequestTimeoutExcept { get; init; } = [];

    /// <summary>All of that for a worker; null where there is no limit.</summary>
    internal RequestLimits? RequestLimits => RequestTimeout > TimeSpan.Zero
        ? new RequestLimits((int)RequestTimeout.TotalMilliseconds, (int)RequestGrace.TotalMilliseconds, RequestTimeoutExcept)
        : null;

    /// <summary>After how many requests a worker is replaced; null for never.</summary>
    internal long? MaxRequests { get; init; }

    /// <summary>At how much private memory, in bytes, a worker is replaced; null for never.</summary>
    internal long? MaxMemory { get; init; }

    /// <summary>At which age a worker is replaced; null for never.</summary>
    internal TimeSpan? MaxAge { get; init; }

    /// <summary>How far such limits are spread below their value.</summary>
    internal double Jitter { get; init; } = 0.1;

    /// <summary>How many workers of one number may fail young within <see cref="RestartPeriod"/> before there is only one try in each period.</summary>
    internal int RestartLimit { get; init; } = 5;

    /// <inheritdoc cref="RestartLimit"/>
    internal TimeSpan RestartPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Who crashes before this age has failed young.</summary>
    internal TimeSpan MinUptime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Hosted services of which only one in all workers runs.</summary>
    internal IReadOnlyList<string> Once { get; init; } = [];

    /// <summary>By what all requests of one client are brought to one worker.</summary>
    internal StickyMode Sticky { get; init; }

    /// <summary>Whether workers go on serving when the supervisor is killed; else they drain and end.</summary>
    internal bool OrphansServe { get; init; }

    /// <summary>Whether the container's memory is divided among the workers.</summary>
    internal bool DividesMemory { get; init; } = true;

    /// <summary>Whether crashed workers write dumps.</summary>
    internal bool CollectDumps { get; init; }

    /// <summary>Where to keep what a worker's start needs, for the next ones; null for the user's cache, empty for nowhere.</summary>
    internal string? StartProfile { get; init; }

    /// <summary>The path of the control socket; null for one in the user's folder for such things.</summary>
    internal string? ControlPath { get; init; }

    /// <summary>Where Prometheus and probes ask; null for nowhere, port 0 for any.</summary>
    internal IPEndPoint? MetricsAddress { get; init; }

    /// <summary>The file for all output; null for standard output.</summary>
    internal string? LogFile { get; init; }
}
