using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Tandem.Launch;
using Tandem.Serve.Apps;
using Tandem.Serve.Os;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>
/// One worker process, from its start to its exit. It is one work item of a pool with one worker, so the pool's code launches it, watches
/// it, stops or kills it, and explains its exit.
/// </summary>
internal sealed partial class WebWorker
{
    private const string AddressTaken =
        "The application binds an address itself, without Kestrel, that is in use by another worker or by another program. "
        + "Workers share only Kestrel's sockets. "
        + "Bind it in one worker only (--once for a hosted service), bind a different address in each worker (by TANDEM_WORKER_NUMBER), "
        + "or let Kestrel listen there.";

    /// <summary>How much later than this class the pool would kill the process. The pool should never have to.</summary>
    private static readonly TimeSpan PoolSlack = TimeSpan.FromSeconds(5);

    /// <summary>How long the application's shutdown may take if no requests are waited for.</summary>
    private static readonly TimeSpan StopNowGrace = TimeSpan.FromSeconds(2);

    /// <summary>How long a worker has to acknowledge a message; a worker that hangs does not.</summary>
    private static readonly TimeSpan ReceiveGrace = TimeSpan.FromSeconds(1);

    private readonly WebWorkerContext _context; // what all workers share
    private readonly CancellationTokenSource _stop = new(); // cancels the work item, which makes the worker drain
    // Tandem's hook runs in the process
    private readonly TaskCompletionSource _attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // Tandem is attached to the application's host
    private readonly TaskCompletionSource _hosted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // the application has started; its addresses
    private readonly TaskCompletionSource<string> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously); // the worker could serve
    // the worker has reached its request limit
    private readonly TaskCompletionSource _due = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // the worker has acknowledged Finish
    private readonly TaskCompletionSource _finishing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WorkerPool _pool; // runs the process, as one work item
    private readonly Dictionary<string, int> _asked = new(StringComparer.Ordinal); // how often it asked for each address with port 0
    private readonly HashSet<string> _listensAt = new(StringComparer.Ordinal); // guarded by itself
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously); // the application may begin
    private readonly Lock _limiting = new(); // guards _messages and _heapLimit while the process connects
    private readonly long _id; // the id by which cookies and other workers name it; 0 without sticky routing
    private readonly TimeProvider _time; // the server's clock
    private long _born; // when it was started, a timestamp of the clock
    private MessageSocket? _messages; // null until the process connects
    private long? _heapLimit; // null while the limit of its start applies
    private string? _refusal; // why the worker's code refused to serve the application
    private string? _problem; // why it cannot become ready, if known
    private ServeExitCode _problemCode = ServeExitCode.NotReady; // the exit code for _problem
    private string? _stopReason; // why it was told to exit; null if it was not
    private volatile bool _isAddressTaken; // whether the application failed to bind an address itself
    private volatile bool _isStartedAgain; // see IsOver and WasKilledEarly
    private WorkerProbe? _failingProbe; // the health check while it fails
    private int _stopsNow; // how often StopNow was called
    private int _isEndLimited; // 1 if LimitEnd was called

    /// <param name="context">What all workers share.</param>
    /// <param name="app">The application.</param>
    /// <param name="number">The worker's number.</param>
    /// <param name="entry">The index of its entry on the board.</param>
    /// <param name="serving">The number of workers that serve.</param>
    /// <param name="waits">Whether its application waits for <see cref="TryBegin"/>: true for a standby.</param>
    internal WebWorker(WebWorkerContext context, ResolvedApp app, int number, int entry, int serving, bool waits)
    {
        _context = context;
        _time = context.Options.Time;
        _born = _time.GetTimestamp();
        App = app;
        Number = number;
        Entry = entry;
        if (context.Options.Sticky != StickyMode.None)
        {
            _id = Random.Shared.NextInt64(1, long.MaxValue);
            Volatile.Write(ref context.Board[entry].Id, _id);
        }

        if (!waits)
            _begun.SetResult();

        Limits = new WorkerLimits(context.Options);
        _pool = WorkerPool.Create(CreatePoolOptions(serving, waits));
        Ended = RunAsync();
    }

    /// <summary>The worker's number, from 1. Its successor has the same number. A spare has none: 0.</summary>
    internal int Number { get; set; }

    /// <summary>The index of its entry on the board.</summary>
    internal int Entry { get; }

    internal ResolvedApp App { get; }

    internal WorkerLimits Limits { get; }

    /// <summary>The process id; 0 until it is known.</summary>
    internal int ProcessId { get; private set; }

    internal TimeSpan Age => _time.GetElapsedTime(Volatile.Read(ref _born));

    /// <summary>How long it took to become ready.</summary>
    internal TimeSpan? ReadyAfter { get; private set; }

    /// <summary>When it began to take connections; null before.</summary>
    internal DateTimeOffset? ServesSince { get; private set; }

    /// <summary>The addresses on which it listens, as the application reports them.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The task has completed.")]
    internal string[] Addresses => _started.Task.IsCompletedSuccessfully ? _started.Task.Result.Split(';') : [];

    /// <summary>How Tandem attached to the application's host, as text for users.</summary>
    internal string AttachedBy { get; private set; } = "";

    /// <summary>The last address for which it asked for a socket, as it was bound.</summary>
    internal string BoundTo { get; private set; } = "";

    /// <summary>The addresses of the sockets that it got and still uses.</summary>
    internal IReadOnlyList<string> ListensAt
    {
        get
        {
            lock (_listensAt)
                return [.. _listensAt];
        }
    }

    internal WebWorkerState State => (WebWorkerState)Volatile.Read(ref _context.Board[Entry].State);

    /// <summary>Whether another program killed its process, which says nothing about the next one.</summary>
    internal bool WasKilled { get; private set; }

    private bool HasStarted => ReadyAfter is { } ready && Age > ready + ServeProtocol.StartTime;

    private string StartProfilePath => _context.Options.StartProfile ?? StartProfile.PathOf(App.Name) ?? "";

    internal bool IsAskedToStop => _stopReason is not null;

    /// <summary>Whether its hang is already being examined, or it was killed because of it.</summary>
    internal bool IsHangHandled { get; set; }

    /// <summary>Completes when it could serve; fails with <see cref="ServeException"/>.</summary>
    internal Task Ready => _ready.Task;

    /// <summary>Why it did not become ready; null if it did, or if that is not known yet.</summary>
    internal ServeException? StartFailure => _ready.Task.Exception?.InnerException as ServeException;

    /// <summary>How many requests it served; known after it has exited.</summary>
    internal long Served { get; private set; }

    /// <summary>Completes when it has reached its request limit and accepts no more; cancelled if it exits before.</summary>
    internal Task Due => _due.Task;

    /// <summary>Whether it exits because it has reached its request limit.</summary>
    internal bool IsDue =>
        _due.Task.IsCompletedSuccessfully
        || (Limits.Requests > 0 && Volatile.Read(ref _context.Board[Entry].Requests) >= Limits.Requests);

    /// <summary>Whether it will soon reach its request limit, so that a successor should be started.</summary>
    internal bool IsNearlyDue { get; private set; }

    /// <summary>Completes when its process has exited, with a description; with null if it exited as it was told to.</summary>
    internal Task<string?> Ended { get; }

    /// <summary>Whether Tandem's hook has run in the process.</summary>
    private bool IsAttached => _attached.Task.IsCompletedSuccessfully;

    /// <summary>Whether its application waits for <see cref="TryBegin"/>.</summary>
    internal bool IsStandby => !_begun.Task.IsCompletedSuccessfully;

    /// <summary>
    /// Starts the application in a standby, as the worker of a number. From then on the worker is like one that was started now.
    /// </summary>
    /// <returns>Whether that was possible: its process exists and runs.</returns>
    internal bool TryBegin(int number)
    {
        bool runs = _time.GetMilliseconds() - Volatile.Read(ref _context.Board[Entry].AliveAt)
            < 3 * ServeProtocol.StandbyBeat.TotalMilliseconds;
        if (!IsAttached || !runs || !_messages!.TrySend(ServeProtocol.Begin, number.ToString(CultureInfo.InvariantCulture)))
            return false;

        Number = number;
        Volatile.Write(ref _born, _time.GetTimestamp());
        _begun.TrySetResult();
        return true;
    }

    /// <summary>Sets the limit of its heap, in bytes, while it runs.</summary>
    internal void LimitHeap(long limit)
    {
        lock (_limiting)
        {
            _heapLimit = limit;
            SendHeapLimit();
        }
    }

    /// <summary>Makes it accept connections.</summary>
    internal void Accept()
    {
        ServesSince = _time.GetLocalNow();
        _messages?.TrySend(ServeProtocol.Accept);
    }

    /// <summary>Lets it serve as many requests again beyond its limit, because no successor could replace it.</summary>
    internal void ContinueBeyondLimit()
    {
        IsNearlyDue = false;
        _messages?.TrySend(ServeProtocol.Resume);
    }

    /// <summary>Makes it drain: it accepts no more connections, and exits when those that it has are done.</summary>
    /// <param name="reason">The reason, as text for users.</param>
    /// <param name="finishesQueue">Whether no other worker will accept the connections that wait, so that this one must.</param>
    internal void Drain(string reason, bool finishesQueue = false)
    {
        _stopReason ??= reason;
        LimitEnd();
        if (finishesQueue && _messages?.TrySend(ServeProtocol.Finish) == true)
            _ = FinishAsync();
        else
            _stop.Cancel();
    }

    /// <summary>
    /// Waits for the acknowledgement of Finish. The pool's stop arrives over another socket, and the worker could otherwise handle it first
    /// and leave the connections that wait.
    /// </summary>
    private async Task FinishAsync()
    {
        await _finishing.Task.WaitAsync(ReceiveGrace, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stop.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Completes when it no longer accepts connections, so that new requests go to other workers.</summary>
    internal async Task ClosedAsync()
    {
        // The worker checks its messages several times per second. A worker whose process does not run is not waited for, and one whose
        // thread pool hangs only for a limited time.
        const int MaxChecks = 1000;
        for (int i = 0; i < MaxChecks && !Ended.IsCompleted && _context.Board.IsAccepting(Entry); i++)
            await Task.Delay(TimeSpan.FromMilliseconds(10), _time).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes it exit without waiting for requests. The application has a moment for its own shutdown; if this is called again, it has none.
    /// </summary>
    internal void StopNow()
    {
        const string Reason = "It was told to stop at once.";
        _stopReason ??= Reason;
        if (Interlocked.Increment(ref _stopsNow) > 1)
        {
            Kill(Reason);
            return;
        }

        _messages?.TrySend(ServeProtocol.StopNow);
        _stop.Cancel();
        _ = KillLaterAsync(StopNowGrace, Reason);
    }

    /// <summary>Records why it exits, if it does so by itself as intended.</summary>
    internal void NoteEnd(string reason) => _stopReason ??= reason;

    /// <summary>Starts the time limit for its exit; after that it is killed.</summary>
    internal void LimitEnd()
    {
        if (Interlocked.Exchange(ref _isEndLimited, 1) == 0)
            _ = LimitEndAsync(_context.Options.DrainTimeout + _context.Options.ShutdownTimeout);
    }

    private async Task LimitEndAsync(TimeSpan limit)
    {
        await ((Task)Ended).WaitAsync(limit, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Ended.IsCompleted || _stopsNow > 0)
            return;

        string reason = string.Create(
            CultureInfo.InvariantCulture,
            $"It had not exited {limit.TotalSeconds:0.###} s after it was told to "
            + $"({(_context.Options.ShutdownTimeout > TimeSpan.Zero ? "--drain-timeout and --shutdown-timeout" : "--drain-timeout")}).");
        _context.Log.Write($"worker {Number} (pid {ProcessId}) is killed. {reason}");
        Kill(reason);
    }

    private async Task KillLaterAsync(TimeSpan grace, string reason)
    {
        await ((Task)Ended).WaitAsync(grace, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!Ended.IsCompleted)
            Kill(reason);
    }

    /// <summary>Kills its process.</summary>
    internal void Kill(string reason) => _pool.Kill(reason);

    private async Task<string?> RunAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        string? end = null;
        Exception? error = null;
        bool hasEnded = false; // by itself, or because it was told to
        Task run = _pool.RunAsync(GuestProgram.Work, new WorkOptions { Name = $"worker {Number}" }, _stop.Token);
        try
        {
            _ = BecomeReadyAsync();
            await run.ConfigureAwait(false);
            hasEnded = true;
            if (!IsAskedToStop)
                end = Explain("The application exited by itself.");
        }
        catch (OperationCanceledException) when (IsAskedToStop || _problem is not null)
        {
            // It never ran, or it was killed because it did not exit in time.
        }
        catch (Exception) when (_stopsNow > 0)
        {
            // It did not exit in the moment that it had either.
        }
        catch (Exception e)
        {
            error = e;
            await ReceiveAllAsync().ConfigureAwait(false);
            WasKilled = e is WorkerCrashedException { EndedBy: EndedBy.Outside, IsOutOfMemorySuspected: false } || WasKilledEarly(e);
            end = Explain(Describe(e));
            if (e is WorkerStartException && !IsAttached)
                _problemCode = ServeExitCode.BadApplication;
        }

        // If the process was killed, stop the pool at once, because it would start another process.
        await (hasEnded ? _pool.DisposeAsync().AsTask() : _pool.StopAsync()).ConfigureAwait(false);
        _messages?.Dispose();
        Served = Volatile.Read(ref _context.Board[Entry].Requests);
        TimedOut = Volatile.Read(ref _context.Board[Entry].TimedOut);
        _context.Board[Entry] = default;
        _context.Mailboxes.Close(_id);
        _ready.TrySetException(new ServeException(_problemCode, _problem ?? end ?? _stopReason ?? "It exited.", error));
        _ = _ready.Task.Exception; // observed, because no caller may be waiting
        _attached.TrySetCanceled();
        _hosted.TrySetCanceled();
        _started.TrySetCanceled();
        _begun.TrySetCanceled();
        _due.TrySetCanceled();
        _stuck.TrySetResult(null);
        if (error is not null && !IsAskedToStop && !HasStarted && !WasKilled && StartProfilePath is { Length: > 0 } profile)
            StartProfile.Forget(profile); // the profile may be the cause
        return end;
    }

    private async Task BecomeReadyAsync()
    {
        ServeOptions options = _context.Options;
        await _begun.Task.ConfigureAwait(false);
        using var limit = new CancellationTokenSource(options.StartTimeout, _time);
        try
        {
            await AttachAsync(limit.Token).ConfigureAwait(false);
            await _started.Task.WaitAsync(limit.Token).ConfigureAwait(false);
            if (options.HealthPath is { } health)
                await CheckHealthAsync(health, limit.Token).ConfigureAwait(false);
            if (options.WarmUpPath is { } path)
                await CreateProbe().AskAsync(path, limit.Token).ConfigureAwait(false);

            ReadyAfter = Age;
            if (_ready.TrySetResult() && _isAddressTaken)
                LogAddressTaken();
        }
        catch (OperationCanceledException) when (_ready.Task.IsCompleted)
        {
            // It has already exited.
        }
        catch (Exception e)
        {
            _problem ??= e is ServeException ? e.Message : e is OperationCanceledException
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"It was not ready within {options.StartTimeout.TotalSeconds:0.#} s (--start-timeout): {DescribeMissingStep()}")
                : $"It does not answer correctly: {e.Message}";
            Kill(_problem);
            await _stop.CancelAsync().ConfigureAwait(false); // until Tandem's hook runs in the process, the pool has no worker to kill
        }
    }

    /// <summary>
    /// Waits until Tandem is attached to the application's host. Otherwise the application would serve outside of the supervisor's control.
    /// </summary>
    private async Task AttachAsync(CancellationToken cancellationToken)
    {
        // If not even the hook runs, the pool's own time limit ends the process. The time for the host counts from the start of the hook.
        await _attached.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!IsAttached)
            return; // if the process has exited, its exit is reported

        await ((Task)_hosted.Task).WaitAsync(_context.Options.AttachTimeout, _time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_hosted.Task.IsCompleted || cancellationToken.IsCancellationRequested)
            return;

        _problemCode = ServeExitCode.BadApplication;
        throw new ServeException(
            _problemCode,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Tandem could not attach to the application within {_context.Options.AttachTimeout.TotalSeconds:0.###} s "
                + $"(--attach-timeout), because the application built no host with a web server. "
                + $"Tandem attaches to WebApplication, Host and WebHost when they are built. "
                + $"If that takes longer, increase --attach-timeout."));
    }

    private async Task CheckHealthAsync(string path, CancellationToken cancellationToken)
    {
        _failingProbe = CreateProbe();
        await _failingProbe.CheckAsync(path, cancellationToken).ConfigureAwait(false);
        _failingProbe = null;
    }

    private string DescribeMissingStep() =>
        !IsAttached ? "Tandem's startup hook has not run in its process."
        : !_hosted.Task.IsCompleted ? "the application has built no host."
        : !_started.Task.IsCompleted ? "the application has not started."
        : _failingProbe is { } probe ? $"it listens, but {_context.Options.HealthPath} {probe.LastAnswer}."
        : "it listens, but has not answered the first request.";

    /// <summary>Creates a probe, which sends requests to this worker over connections that no other client can use.</summary>
    private WorkerProbe CreateProbe()
    {
        string boundTo = BoundTo; // read once, so that the protocol and the address match
        return new WorkerProbe(
            descriptor => _messages?.TrySend(ServeProtocol.Connection, boundTo, descriptor) == true,
            WorkerProbe.IsTls(Addresses, boundTo),
            _time);
    }

    private string Describe(Exception error) => error switch
    {
        WorkerStartException { Failure: StartFailureKind.TimedOut } when !IsAttached =>
            $"Tandem's startup hook did not run in it within {_context.Options.AttachTimeout.TotalSeconds:0.#} s. "
            + "Was it compiled to native code (PublishAot), or are startup hooks "
            + $"disabled? `tandem serve` supports neither. {error.Message}",
        WorkerStartException { Failure: StartFailureKind.Ended } when !IsAttached =>
            $"It exited before Tandem's startup hook ran in it. {error.Message}",
        WorkerStartException when WasKilledEarly(error) => "Its process was killed while it was starting.",
        WorkerCrashedException when _refusal is not null => _refusal,
        WorkerCrashedException when !_hosted.Task.IsCompletedSuccessfully =>
            $"It exited before it built a host to which Tandem could attach. {error.Message}",
        _ => error.Message,
    };

    /// <summary>
    /// Called before the pool starts a process; whether it must not start one. The pool starts another process only if the first one was
    /// killed while it was starting.
    /// </summary>
    private bool IsOver()
    {
        if (IsAttached && !IsAskedToStop && _problem is null)
            _isStartedAgain = true;

        return IsAttached || IsAskedToStop || _problem is not null;
    }

    /// <summary>Whether the process was killed after it had connected to the supervisor and before the pool had its link to it.</summary>
    private bool WasKilledEarly(Exception error) =>
        _isStartedAgain && error is WorkerStartException { Failure: not (StartFailureKind.Ended or StartFailureKind.TimedOut) };

    private string Explain(string end) => _isAddressTaken && !IsAskedToStop ? $"{end}\n{AddressTaken}" : end;

    private ProcessPoolOptions CreatePoolOptions(int serving, bool waits)
    {
        ServeOptions options = _context.Options;
        Dictionary<string, string> machineShare = MachineShare.Of(options, serving, ControlGroups.MemoryLimit(), App.Environment);
        var pool = new ProcessPoolOptions
        {
            Name = $"worker {Number}",
            MaxWorkers = 1,
            Transport = WorkerTransport.SharedMemory,
            StartTimeout = options.AttachTimeout,
            MaxRestarts = 1,
            CancellationGrace = options.DrainTimeout + options.ShutdownTimeout + PoolSlack,
            TerminationGrace = PoolSlack,
            CollectDumps = options.CollectDumps,
            Program = new WorkerGuest(
                App,
                _context.Board,
                _id == 0 ? null : () => _context.Mailboxes.Open(_id),
                IsOver,
                OnConnected,
                (_, line) => _context.Log.Write(Number, line)),
            Environment =
            {
                [ServeProtocol.NumberVariable] = Number.ToString(CultureInfo.InvariantCulture),
            },
        };
        foreach ((string name, string value) in App.Environment.Concat(machineShare))
            pool.Environment[name] = value;

        var settings = new WorkerSettings(
            Entry,
            Environment.ProcessId,
            string.Join(';', options.Urls),
            (int)options.KeepAliveSilence.TotalMilliseconds,
            (int)options.DrainTimeout.TotalMilliseconds,
            (int)options.ShutdownTimeout.TotalMilliseconds,
            Limits.Requests,
            (int)options.HangTimeout.TotalMilliseconds,
            options.MinThreads,
            options.MaxThreads,
            MachineShare.IsOneProcessor(serving),
            options.OrphansServe,
            string.Join(';', options.Once),
            waits,
            StartProfilePath,
            WorkerOnly(pool, machineShare.Keys),
            RequestLimits.Write(options.RequestLimits),
            options.MaxWorkers is null ? 0 : (int)options.ScaleWait.TotalMilliseconds,
            options.Sticky,
            _id);
        pool.Environment[ServeProtocol.SettingsVariable] = settings.Write();
        return pool;
    }

    /// <summary>
    /// Lists the variables that apply to the worker's own runtime only, and not to processes that the application starts, which may be any
    /// program: each name, with its former value if it had one.
    /// </summary>
    private string WorkerOnly(ProcessPoolOptions pool, IEnumerable<string> names)
    {
        var dumps = new Dictionary<string, string>(StringComparer.Ordinal);
        DiagnosticFiles.RequestDumps(pool, dumps);
        return string.Join(
            WorkerSettings.ForgetSeparator,
            names.Concat(dumps.Keys).Select(name =>
                (App.Environment.GetValueOrDefault(name) ?? Environment.GetEnvironmentVariable(name)) is { } former
                    ? $"{name}={former}"
                    : name));
    }
}
