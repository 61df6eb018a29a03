using System.Globalization;
using System.Runtime.InteropServices;
using Tandem.Interop;
using Tandem.Serve.Control;
using Tandem.Serve.Listening;
using Tandem.Serve.Os;
using Tandem.Serve.Protocol;
using Tandem.Serve.Workers;

namespace Tandem.Serve;

/// <summary>Runs `tandem serve` from its start to its exit: connects the parts, and handles signals and commands.</summary>
internal sealed class ServeRunner : IAsyncDisposable
{
    /// <summary>If the supervisor has not checked its workers for this long, the liveness probe fails.</summary>
    private static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ReapInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long the answer to a command waits until the log lines about it are written, if the log's reader is slow.</summary>
    private static readonly TimeSpan LogGrace = TimeSpan.FromMilliseconds(250);

    private readonly ServeOptions _options;
    private readonly ServeLog _log;
    private readonly SystemdNotifier _notifier = new();
    private readonly Board _board;
    private readonly ListenerStore _listeners = new();
    private readonly WebSupervisor _supervisor;
    private readonly PreviousWorkers _former;
    private readonly StartFolder _startFolder = StartFolder.OfThisProcess(); // where relative paths of the command line start
    private readonly TimeProvider _time; // the server's clock
    private readonly ControllingTerminal _terminal; // from which the server was started
    private readonly DateTimeOffset _since; // when the server was started
    // completes when everything has stopped
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<IDisposable> _registrations = []; // signal handlers, and the timer that reaps orphans
    // completes when a stop must not wait for --drain-delay
    private readonly TaskCompletionSource _mustNotDelay = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _hasPrevious; // whether this supervisor replaced another one (USR2)
    private readonly MergedRuns _reloads; // all requests for a reload, by signal or command
    private ControlServer? _control;
    private int _stopRequests; // how often a stop was requested; the second time stops at once
    private int _hangUps; // how often the terminal's end was reported
    private long _lastHeartbeat; // when the last heartbeat was sent, a timestamp of the clock
    private long _checkedAt; // when the workers were last checked, a timestamp of the clock

    internal ServeRunner(ServeOptions options)
    {
        _time = options.Time;
        _terminal = new ControllingTerminal(_time);
        _since = _time.GetLocalNow();
        _checkedAt = _time.GetTimestamp();
        var inheritance = Inheritance.Take(_time);
        _options = options with
        {
            Urls = options.Urls.Count == 0 ? inheritance.Urls : options.Urls,
            Workers = inheritance.Target is { } target
                ? Math.Clamp(target, options.MinWorkers ?? 1, options.MaxWorkers ?? int.MaxValue)
                : options.Workers
        };
        _log = new ServeLog(options.LogFile);
        _board = inheritance.Board ?? Board.Create(_time);
        foreach (InheritedListener listener in inheritance.Listeners)
            _listeners.Adopt(listener);

        _hasPrevious = inheritance.Workers.Count > 0;
        _reloads = new MergedRuns(
            ReloadAsync, () => _log.Write("a reload is in progress; one further reload answers all requests that arrive until then"));
        _former = new PreviousWorkers(inheritance.Workers, _board, _log, _time);
        _supervisor = new WebSupervisor(_options, _board, _listeners, _log, inheritance.Workers, _startFolder)
        {
            Watched = OnWorkersChecked
        };
    }

    /// <summary>Serves until the server is told to stop.</summary>
    internal async Task RunAsync()
    {
        Register(); // first, because most signals terminate a process that does not handle them
        string path = _options.ControlPath ?? ControlPaths.Own();
        await using var control = new ControlServer(path, AnswerAsync, _log.Write, _time);
        _control = control;
        await using MetricsServer? metrics = _options.MetricsAddress is { } address
            ? new MetricsServer(address, Status, Health, _time)
            : null;
        _log.Write(
            $"supervisor {Environment.ProcessId} starts {_options.Workers} workers of {_supervisor.App.Path}; control socket {path}");
        if (metrics is not null)
            _log.Write($"metrics on http://{metrics.EndPoint}{MetricsServer.MetricsPath}");

        // The previous supervisor's workers, if any, serve until this is done.
        Task started = _supervisor.StartAsync(isVital: !_hasPrevious);
        if (!MachineShare.IsOneProcessor(_options.Workers))
            _ = SupervisorWarmUp.RunAsync(_options); // there is a free processor while the workers start

        await Task.WhenAny(started, _stopped.Task).ConfigureAwait(false);
        try
        {
            if (!_stopped.Task.IsCompleted)
            {
                await started.ConfigureAwait(false);
                _log.Write($"serving on {string.Join(", ", _supervisor.Addresses)}");
                _notifier.Ready($"{_supervisor.Target} workers serve");
                _former.Drain(_options.DrainTimeout + _options.ShutdownTimeout);
            }
        }
        catch (Exception e) when (e is ServeException or OperationCanceledException && Volatile.Read(ref _stopRequests) > 0)
        {
            // The server was told to stop before it served. That is not a failure.
        }

        await _stopped.Task.ConfigureAwait(false);
        _log.Write("stopped");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IDisposable registration in _registrations)
            registration.Dispose();

        await _supervisor.DisposeAsync().ConfigureAwait(false);
        _former.Drain(TimeSpan.Zero);
        await _former.Ended.ConfigureAwait(false);
        _listeners.Dispose();
        _board.Dispose();
        _notifier.Dispose();
        _log.Dispose();
    }

    private void Register()
    {
        const PosixSignal SIGUSR1 = (PosixSignal)10;
        const PosixSignal SIGUSR2 = (PosixSignal)12;
        On(PosixSignal.SIGTERM, () => StopAsync(atOnce: false));
        On(PosixSignal.SIGINT, () => StopAsync(atOnce: true));
        On(PosixSignal.SIGQUIT, () => StopAsync(atOnce: true));
        if (Libc.IsIgnored(Libc.SIGHUP))
            _log.Write("HUP is ignored, as with `nohup`, so it does not reload. Use `tandem serve reload`.");
        On(PosixSignal.SIGHUP, HangUpOrReloadAsync);
        On(PosixSignal.SIGTTIN, () => _supervisor.ScaleAsync(_supervisor.Target + 1));
        On(PosixSignal.SIGTTOU, () => _supervisor.ScaleAsync(Math.Max(1, _supervisor.Target - 1)));
        On(SIGUSR1, () =>
        {
            _log.Reopen();
            return Task.CompletedTask;
        });
        On(SIGUSR2, ReplaceAsync);
        if (Environment.ProcessId == 1)
            _registrations.Add(new Timer(static _ => Zombies.Reap(), null, ReapInterval, ReapInterval));
    }

    private void On(PosixSignal signal, Func<Task> action) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        _ = Task.Run(() => TryAsync(action));
    }));

    private async Task TryAsync(Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (ServeException e)
        {
            _log.Write(e.Message);
        }
        catch (OperationCanceledException)
        {
            // The server is stopping.
        }
        catch (Exception e)
        {
            _log.Write($"the action of a signal failed: {e}");
        }
    }

    /// <summary>Called each time after the workers were checked. So the service manager gets no heartbeat if the checks stop.</summary>
    private void OnWorkersChecked()
    {
        Volatile.Write(ref _checkedAt, _time.GetTimestamp());
        _notifier.SendUnsent();
        _control?.Check();
        switch (_terminal.Poll())
        {
            case TerminalState.HungUp:
                _ = Task.Run(() => TryAsync(HangUpAsync));
                break;
            case TerminalState.Gone:
                _log.Write("the terminal from which the server was started is gone; the server continues, and HUP reloads");
                break;
        }

        if (_notifier.Watchdog is { } interval && _time.GetElapsedTime(_lastHeartbeat) > interval / 3)
        {
            _lastHeartbeat = _time.GetTimestamp();
            _notifier.Alive();
        }
    }

    private Task HangUpOrReloadAsync() => _terminal.IsHangUp() ? HangUpAsync() : _reloads.RequestAsync();

    private Task HangUpAsync()
    {
        if (Interlocked.Increment(ref _hangUps) > 1)
            return Task.CompletedTask; // the system and the shell may both send HUP

        _log.Write("the terminal is gone, so the server stops. Start it with `nohup` or `setsid` to keep it running.");
        return StopAsync(atOnce: false);
    }

    private async Task ReloadAsync()
    {
        _notifier.Reloading();
        try
        {
            await _supervisor.ReloadAsync().ConfigureAwait(false);
            _notifier.Ready($"{_supervisor.Target} workers serve");
        }
        catch (Exception e)
        {
            // Service managers have no message for a failed reload: this ends the reload as well.
            _notifier.Ready($"{_supervisor.Target} workers serve. The last reload failed: {e.Message.ReplaceLineEndings(" ")}");
            throw;
        }
    }

    private async Task StopAsync(bool atOnce)
    {
        // A second request means: do not wait.
        bool isAgain = Interlocked.Increment(ref _stopRequests) > 1;
        _notifier.Stopping();
        if (atOnce || isAgain)
            _mustNotDelay.TrySetResult();
        else if (_options.DrainDelay > TimeSpan.Zero && ProblemWithServing() is null)
            await DelayDrainAsync().ConfigureAwait(false);

        if (!atOnce && !isAgain && _mustNotDelay.Task.IsCompleted)
        {
            // A second request has ended the delay, and stops the workers at once.
            await _stopped.Task.ConfigureAwait(false);
            return;
        }

        _log.Write(atOnce || isAgain ? "stopping at once" : "stopping: the workers drain");
        _former.Drain(atOnce || isAgain ? TimeSpan.Zero : _options.DrainTimeout + _options.ShutdownTimeout);
        await Task.WhenAll(_supervisor.StopAsync(atOnce || isAgain), _former.Ended).ConfigureAwait(false);
        _stopped.TrySetResult();
    }

    /// <summary>Continues to serve for a while, so that load balancers can notice that the server will stop.</summary>
    private async Task DelayDrainAsync()
    {
        _log.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"stopping in {_options.DrainDelay.TotalSeconds:0.###} s (--drain-delay): "
            + $"until then requests are served, and the readiness probe fails"));
        await Task.WhenAny(_mustNotDelay.Task, Task.Delay(_options.DrainDelay, _time)).ConfigureAwait(false);
    }

    private async Task ReplaceAsync()
    {
        if (Volatile.Read(ref _stopRequests) > 0)
            throw new ServeException(ServeExitCode.Refused, "The server is stopping, so no other supervisor can replace it.");

        _supervisor.Check();
        _startFolder.Enter();
        await _supervisor.DropStandbysAsync(mayBeStarted: false).ConfigureAwait(false); // the new supervisor starts its own
        _log.Write("a new supervisor replaces this one");
        await _log.FlushAsync().ConfigureAwait(false); // the queued lines would be lost with this program
        string problem = Inheritance.Replace(
            _listeners, _board, [.. _supervisor.Processes(), .. _former.Left], _supervisor.Target, _notifier);
        _log.Write($"the new supervisor could not be started, and this one continues: {problem}");
        await _supervisor.DropStandbysAsync(mayBeStarted: true).ConfigureAwait(false);
    }

    private ServeHealth Health()
    {
        bool isStopping = Volatile.Read(ref _stopRequests) > 0;
        TimeSpan sinceCheck = _time.GetElapsedTime(Volatile.Read(ref _checkedAt));
        return new ServeHealth(
            !isStopping && sinceCheck > CheckLimit
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"The supervisor has not checked its workers for {sinceCheck.TotalSeconds:0} s.")
                : null,
            isStopping ? "The server is stopping." : ProblemWithServing());
    }

    /// <summary>Why no worker accepts connections; null while one does.</summary>
    private string? ProblemWithServing() =>
        _supervisor.Processes().Concat(_former.Left).Any(worker => _board.IsAccepting(worker.Entry))
            ? null
            : "No worker accepts connections.";

    private ServeStatus Status() => new(
        Environment.ProcessId,
        _supervisor.App.Path,
        _supervisor.Addresses,
        _since,
        _supervisor.Target,
        _supervisor.Status(),
        _supervisor.Standbys(),
        ProcessMemory.OwnPrivateBytes())
    {
        Slots = _supervisor.SlotStates(),
        Scaling = _supervisor.Scaling(),
    };

    private async Task<ControlResponse> AnswerAsync(ControlRequest request)
    {
        ControlResponse response = await ExecuteAsync(request).ConfigureAwait(false);
        if (response.Status is null)
            await _log.FlushAsync(LogGrace).ConfigureAwait(false);

        return response;
    }

    private async Task<ControlResponse> ExecuteAsync(ControlRequest request)
    {
        try
        {
            switch (request.Command)
            {
                case "status":
                    return new ControlResponse(null, 0, Status());
                case "reload":
                    await _reloads.RequestAsync().ConfigureAwait(false);
                    break;
                case "scale":
                    await _supervisor.ScaleAsync(request.Workers).ConfigureAwait(false);
                    break;
                case "stop":
                    await StopAsync(request.AtOnce).ConfigureAwait(false);
                    break;
                default:
                    return new ControlResponse($"There is no command '{request.Command}'.", (int)ServeExitCode.Usage);
            }

            return new ControlResponse(null, 0);
        }
        catch (ServeException e)
        {
            return new ControlResponse(e.Message, (int)e.ExitCode);
        }
        catch (OperationCanceledException)
        {
            return new ControlResponse("The supervisor is stopping.", (int)ServeExitCode.Refused);
        }
        catch (Exception e)
        {
            _log.Write($"the command '{request.Command}' failed: {e}");
            return new ControlResponse(e.Message, (int)ServeExitCode.Failure);
        }
    }
}
