using System.Diagnostics;

namespace Tandem.LoadClient;

/// <summary>A load that is under way. Nothing is tried again unless the options say so: what fails is counted.</summary>
public sealed class LoadRun
{
    private static readonly TimeSpan WatchEvery = TimeSpan.FromMilliseconds(100);

    private readonly LoadClientBase[] _clients;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly long _end;
    private long _taken;
    private volatile bool _stopping;

    private LoadRun(LoadOptions options)
    {
        Options = options;
        _end = options.Duration is { } duration ? _start + (long)(duration.TotalSeconds * Stopwatch.Frequency) : long.MaxValue;
        _clients = [.. Enumerable.Range(0, options.Clients).Select(Create)];
        Completion = RunAsync();
    }

    /// <summary>What came of it, once it has ended.</summary>
    public Task<LoadResult> Completion { get; }

    /// <summary>Right answers until now, roughly.</summary>
    public long RequestsSoFar => _clients.Sum(static client => client.Result.Requests);

    internal LoadOptions Options { get; }

    /// <summary>Whether the load was ended rather than left to end.</summary>
    internal bool IsCancelled { get; private set; }

    /// <summary>Puts load on a server.</summary>
    public static LoadRun Start(LoadOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Clients, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Depth, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfZero(options.Requests.Count, nameof(options));
        return new LoadRun(options);
    }

    /// <summary>Puts load on a server until the load ends as its options say, or is cancelled.</summary>
    /// <returns>What came of it; after cancellation, until then.</returns>
    public static async Task<LoadResult> RunAsync(LoadOptions options, CancellationToken cancellationToken = default)
    {
        LoadRun run = Start(options);
        using (cancellationToken.Register(run.Cancel))
            return await run.Completion;
    }

    /// <summary>Sends no more requests, and waits for the answers to those that are under way.</summary>
    public Task<LoadResult> StopAsync()
    {
        _stopping = true;
        return Completion;
    }

    /// <summary>Ends all connections at once. What was under way counts neither as answered nor as failed.</summary>
    public void Cancel()
    {
        IsCancelled = true;
        _stopping = true;
        foreach (LoadClientBase client in _clients)
            client.Abort();
    }

    /// <summary>Whether one more request is to be sent; counts it if so.</summary>
    internal bool TryTake() =>
        !_stopping
        && Stopwatch.GetTimestamp() < _end
        && (Options.Count is not { } count || Interlocked.Increment(ref _taken) <= count);

    private LoadClientBase Create(int number) => Options.Mode switch
    {
        LoadMode.Http2 => new Http2Client(this, number),
        LoadMode.Pipelined => new PipelinedClient(this, number),
        _ => new SequentialClient(this, number),
    };

    private async Task<LoadResult> RunAsync()
    {
        using RetryCounter? retries = Options.Mode == LoadMode.Http2 ? new RetryCounter() : null;
        using (new Timer(_ => Watch(), null, WatchEvery, WatchEvery))
            await Task.WhenAll(_clients.Select(static client => Task.Run(client.RunAsync)));

        var result = new LoadResult { Elapsed = Stopwatch.GetElapsedTime(_start) };
        foreach (LoadClientBase client in _clients)
            result.Add(client.Result);

        result.SortFailures();
        result.Resent += retries?.CountBeyond(_clients.Sum(static client => client.Sent), result.Requests) ?? 0;
        return result;
    }

    // One timer for all, since one for each request would be most of what a request costs.
    private void Watch()
    {
        long now = Stopwatch.GetTimestamp();
        foreach (LoadClientBase client in _clients)
            client.Check(now);
    }
}
