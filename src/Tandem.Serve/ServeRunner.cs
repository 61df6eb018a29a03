using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Tandem.Interop;
using Tandem.Serve.Control;
using Tandem.Serve.Listening;
using Tandem.Serve.Os;
using Tandem.Serve.Protocol;
using Tandem.Serve.Workers;

namespace Tandem.Serve;

/// <summary>`tandem serve`, from its start to its end: puts the parts together, and hears signals and commands.</summary>
internal sealed class ServeRunner : IAsyncDisposable
{
    /// <summary>Who has not looked at the workers for so long does not work any more.</summary>
    private static readonly TimeSpan LookLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ReapInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long who has asked for something waits until the log tells of it, where the log's reader takes nothing.</summary>
    private static readonly TimeSpan LogGrace = TimeSpan.FromMilliseconds(250);

    private readonly ServeOptions _options;
    private readonly ServeLog _log;
    private readonly SystemdNotifier _notifier = new();
    private readonly Board _board;
    private readonly ListenerStore _listeners = new();
    private readonly WebSupervisor _supervisor;
    private readonly FormerWorkers _former;
    private readonly StartFolder _startFolder = StartFolder.OfThisProcess();
    private readonly ControllingTerminal _terminal = new();
    private readonly DateTimeOffset _since = DateTimeOffset.Now;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<IDisposable> _registrations = [];
    private readonly TaskCompletionSource _mustNotDelay = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _hasFormer;
    private readonly MergedRuns _reloads;
    private ControlServer? _control;
    private int _stopRequests;
    private int _hangUps;
    private long _toldWatchdog;
    private long _lookedAt = Stopwatch.GetTimestamp();

    internal ServeRunner(ServeOptions options)
    {
        var inheritance = Inheritance.Take();
        _options = options with { Urls = options.Urls.Count == 0 ? inheritance.Urls : options.Urls, Workers = inheritance.Target is { } target ? Math.Clamp(target, options.MinWorkers ?? 1, options.MaxWorkers ?? int.MaxValue) : options.Workers };
        _log = new ServeLog(options.LogFile);
        _board = inheritance.Board ?? Board.Create();
        foreach (InheritedListener listener in inheritance.Listeners)
            _listeners.Adopt(listener);

        _hasFormer = inheritance.Workers.Count > 0;
        _reloads = new MergedRuns(ReloadAsync, () => _log.Write("a reload is under way; one more follows, for all that ask until then"));
        _former = new FormerWorkers(inheritance.Workers, _board, _log);
        _supervisor = new WebSupervisor(_options, _board, _listeners, _log, inheritance.Workers, _startFolder) { Watched = TellWatchdog };
    }

    /// <summary>Serves until it is told to stop.</summary>
    internal async Task RunAsync()
    {
        Register(); // first: as long as nobody handles them, most signals end the process
        string path = _options.ControlPath ?? ControlPaths.Own();
        await using var control = new ControlServer(path, AnswerAsync, _log.Write);
        _control = control;
        await using MetricsServer? metrics = _options.MetricsAddress is { } address ? new MetricsServer(address, Status, Health) : null;
        _log.Write($"supervisor {Environment.ProcessId} starts {_options.Workers} workers of {_supervisor.App.Path}; control socket {path}");
        if (metrics is not null)
            _log.Write($"metrics on http://{metrics.EndPoint}{MetricsServer.MetricsPath}");

        // Workers that serve already go on as long as this takes.
        Task started = _supervisor.StartAsync(isVital: !_hasFormer);
        if (!MachineShare.IsOneProcessor(_options.Workers))
            _ = Rehearsal.RunAsync(_options); // there is a processor for it while they start

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
            // It was told to stop before it served, which is no failure.
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
            _log.Write("HUP is ignored, as `nohup` has it: it reloads nothing. Use `tandem serve reload`.");
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
            // The end has come first.
        }
        catch (Exception e)
        {
            _log.Write($"what a signal asked for has failed: {e}");
        }
    }

    /// <summary>By whoever looks at the workers, so that the service manager hears nothing when nobody does any more.</summary>
    private void TellWatchdog()
    {
        Volatile.Write(ref _lookedAt, Stopwatch.GetTimestamp());
        _notifier.SendUnsent();
        _control?.Check();
        switch (_terminal.Look())
        {
            case TerminalState.HungUp:
                _ = Task.Run(() => TryAsync(HangUpAsync));
                break;
            case TerminalState.Gone:
                _log.Write("the terminal on which the server was started is gone; the server goes on, and HUP reloads");
                break;
        }

        if (_notifier.Watchdog is { } interval && Stopwatch.GetElapsedTime(_toldWatchdog) > interval / 3)
        {
            _toldWatchdog = Stopwatch.GetTimestamp();
            _notifier.Alive();
        }
    }

    private Task HangUpOrReloadAsync() => _terminal.IsHangUp() ? HangUpAsync() : _reloads.RequestAsync();

    private Task HangUpAsync()
    {
        if (Interlocked.Increment(ref _hangUps) > 1)
            return Task.CompletedTask; // the system and the shell may both say it

        _log.Write("the terminal is gone, and with it the server. Start it with `nohup` or `setsid` to have it go on.");
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
            // A manager knows no reload that fails: this is the end of it all the same.
            _notifier.Ready($"{_supervisor.Target} workers serve. The last reload failed: {e.Message.ReplaceLineEndings(" ")}");
            throw;
        }
    }

    private async Task StopAsync(bool atOnce)
    {
        // Who asks twice does not want to wait.
        bool isAgain = Interlocked.Increment(ref _stopRequests) > 1;
        _notifier.Stopping();
        if (atOnce || isAgain)
            _mustNotDelay.TrySetResult();
        else if (_options.DrainDelay > TimeSpan.Zero && ProblemWithServing() is null)
            await DelayDrainAsync().ConfigureAwait(false);

        if (!atOnce && !isAgain && _mustNotDelay.Task.IsCompleted)
        {
            // Who has asked again has ended the delay, and has the workers end at once.
            await _stopped.Task.ConfigureAwait(false);
            return;
        }

        _log.Write(atOnce || isAgain ? "stopping at once" : "stopping: the workers finish what they have");
        _former.Drain(atOnce || isAgain ? TimeSpan.Zero : _options.DrainTimeout + _options.ShutdownTimeout);
        await Task.WhenAll(_supervisor.StopAsync(atOnce || isAgain), _former.Ended).ConfigureAwait(false);
        _stopped.TrySetResult();
    }

    /// <summary>Goes on as before for a while, so that those who route requests here can see that no more are to come.</summary>
    private async Task DelayDrainAsync()
    {
        _log.Write(string.Create(CultureInfo.InvariantCulture, $"stopping in {_options.DrainDelay.TotalSeconds:0.###} s (--drain-delay): until then requests are served, and readiness says no"));
        await Task.WhenAny(_mustNotDelay.Task, Task.Delay(_options.DrainDelay)).ConfigureAwait(false);
    }

    private async Task ReplaceAsync()
    {
        if (Volatile.Read(ref _stopRequests) > 0)
            throw new ServeException(ServeExitCode.Refused, "The server is about to end: no other supervisor takes its place.");

        _supervisor.Check();
        _startFolder.Enter();
        await _supervisor.DropStandbysAsync(mayBeStarted: false).ConfigureAwait(false); // the next one has its own
        _log.Write("another supervisor takes the place of this one");
        await _log.FlushAsync().ConfigureAwait(false); // what waits would be gone with this program
        string problem = Inheritance.Replace(_listeners, _board, [.. _supervisor.Processes(), .. _former.Left], _supervisor.Target, _notifier);
        _log.Write($"which could not be started: {problem} This one goes on.");
        await _supervisor.DropStandbysAsync(mayBeStarted: true).ConfigureAwait(false);
    }

    private ServeHealth Health()
    {
        bool isStopping = Volatile.Read(ref _stopRequests) > 0;
        TimeSpan sinceLook = Stopwatch.GetElapsedTime(Volatile.Read(ref _lookedAt));
        return new ServeHealth(
            !isStopping && sinceLook > LookLimit ? string.Create(CultureInfo.InvariantCulture, $"The supervisor has not looked at its workers for {sinceLook.TotalSeconds:0} s.") : null,
            isStopping ? "The server is about to end." : ProblemWithServing());
    }

    /// <summary>Why nobody takes connections; null while somebody does.</summary>
    private string? ProblemWithServing() =>
        _supervisor.Processes().Concat(_former.Left).Any(worker => _board[worker.Entry].Accepts) ? null : "No worker takes connections.";

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
        ControlResponse response = await DoAsync(request).ConfigureAwait(false);
        if (response.Status is null)
            await _log.FlushAsync(LogGrace).ConfigureAwait(false);

        return response;
    }

    private async Task<ControlResponse> DoAsync(ControlRequest request)
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
            return new ControlResponse("The supervisor stops.", (int)ServeExitCode.Refused);
        }
        catch (Exception e)
        {
            _log.Write($"'{request.Command}' has failed: {e}");
            return new ControlResponse(e.Message, (int)ServeExitCode.Failure);
        }
    }
}
