using Tandem.Interop;
using Tandem.Launch;
using Tandem.Serve.Protocol;
using Tandem.Serve.Worker.Sticky;

namespace Tandem.Serve.Worker;

/// <summary>
/// Drains this worker without losing a request. Kestrel's own stop closes every connection that has no request at that moment, even if a
/// request is already in the socket. So the worker first stops accepting. Then each HTTP/1 response says that it is the last one on its
/// connection, and HTTP/2 sends GOAWAY while a request runs. A connection is closed only when it has been silent for longer than its client
/// usually pauses.
/// </summary>
internal sealed class Drainer
{
    /// <summary>
    /// The maximum part of the drain limit that is reserved for the application's own shutdown, if it has no separate limit, in
    /// milliseconds. It is a fifth of the drain limit, but no more than this.
    /// </summary>
    private const int MaxShutdownPart = 1000;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly DrainState _state; // whether the worker drains
    private readonly PublishedState _own; // what the worker publishes
    private readonly WorkerSettings _settings; // the limits
    private readonly ListenerTable _listeners; // stop accepting first
    private readonly ConnectionList _connections; // are closed, or aborted when their time is over
    private readonly StuckRequests? _stuck; // reports when only requests are left that do not end; null without a time limit
    private readonly Func<StickyRouting?> _sticky; // hands connections over; null if any worker may serve any client
    private readonly Action _stopApplication; // stops the application's host
    private readonly TimeProvider _time; // the worker's clock
    // completes when the server may stop
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Drainer(
        DrainState state,
        PublishedState own,
        WorkerSettings settings,
        ListenerTable listeners,
        ConnectionList connections,
        StuckRequests? stuck,
        Func<StickyRouting?> sticky,
        Action stopApplication,
        TimeProvider time)
    {
        _state = state;
        _own = own;
        _settings = settings;
        _listeners = listeners;
        _connections = connections;
        _stuck = stuck;
        _sticky = sticky;
        _stopApplication = stopApplication;
        _time = time;
    }

    /// <summary>Completes when the worker waits for no more connections, so that the server may stop.</summary>
    internal Task Drained => _drained.Task;

    /// <summary>
    /// Drains: stops accepting, closes the connections when no request can be lost, and then stops the application. Returns at once.
    /// </summary>
    internal void Drain()
    {
        if (_state.TryBegin())
            _ = Task.Run(DrainAsync);
    }

    /// <summary>Stops the application as its host does, without waiting for requests.</summary>
    internal void StopNow()
    {
        _state.Skip();
        _drained.TrySetResult();
        _stopApplication();
    }

    /// <summary>Exits when the drain limit is over: a worker without a supervisor must enforce the limit itself.</summary>
    internal void ExitWhenOverdue()
    {
        if (_state.HasLasted((long)_settings.DrainLimit + _settings.ShutdownLimit))
            Libc.ExitNow(LaunchProtocol.OrphanExitCode);
    }

    private async Task DrainAsync()
    {
        long start = _time.GetTimestamp();
        bool wasAccepting = _own.State == WebWorkerState.Accepting;
        List<SharedListener> listeners = _listeners.Snapshot();
        _ = _connections.CloseQuiet(); // so that these clients send nothing more meanwhile
        await Task.WhenAll(listeners.Select(listener => listener.CloseAsync(wasAccepting))).ConfigureAwait(false);
        _own.Advance(WebWorkerState.Draining);
        if (_sticky() is { } sticky)
        {
            // Both before the server stops, because the server does not know these connections yet.
            await sticky.Router.FlushAsync().ConfigureAwait(false);
            await sticky.CloseAsync().ConfigureAwait(false);
        }

        int shutdown = _settings.ShutdownLimit > 0 ? 0 : Math.Min(_settings.DrainLimit / 5, MaxShutdownPart);
        int limit = _settings.DrainLimit - shutdown;
        while (_time.GetElapsedTime(start).TotalMilliseconds < limit && _connections.CloseQuiet())
            await Task.Delay(PollInterval, _time).ConfigureAwait(false);

        _drained.TrySetResult();
        // Web sockets and similar streams learn about it from the application's own lifetime.
        _stopApplication();
        if (_stuck is not null)
            _ = _stuck.ReportWhenAloneAsync();
        int left = limit + shutdown / 2 - (int)_time.GetElapsedTime(start).TotalMilliseconds;
        await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(0, left)), _time).ConfigureAwait(false);
        _connections.Abort();
    }
}
