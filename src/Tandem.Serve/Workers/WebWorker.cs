using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Tandem.Launch;
using Tandem.Serve.Apps;
using Tandem.Serve.Listening;
using Tandem.Serve.Os;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>
/// One worker process, from its start to its end: one work item of a pool with one worker. So it is launched, watched, stopped and
/// killed, and its end is explained, by what does it for work items.
/// </summary>
internal sealed partial class WebWorker
{
    private const string AddressTaken =
        "The application binds an address by itself, past Kestrel, that is in use: by another worker, or by another program. Workers share only Kestrel's sockets. "
        + "Have one worker only bind it (--once for a hosted service), have each bind one of its own (by TANDEM_WORKER_NUMBER), or have Kestrel listen there.";

    /// <summary>How much later than this class the pool ends its process: it never should have to.</summary>
    private static readonly TimeSpan PoolSlack = TimeSpan.FromSeconds(5);

    /// <summary>What its shutdown may take where nothing is to be waited for.</summary>
    private static readonly TimeSpan StopNowGrace = TimeSpan.FromSeconds(2);

    /// <summary>How long a worker has to say that it has heard; one that hangs does not.</summary>
    private static readonly TimeSpan HearingGrace = TimeSpan.FromSeconds(1);

    private readonly WebWorkerContext _context;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _hosted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _due = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finishing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WorkerPool _pool;
    private readonly Dictionary<string, int> _asked = new(StringComparer.Ordinal);
    private readonly HashSet<string> _listensAt = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _limiting = new(); // against a limit that comes while the process connects
    private readonly long _id; // by which cookies and other workers know it; 0 without sticky routing
    private long _born = Stopwatch.GetTimestamp();
    private MessageSocket? _messages;
    private long? _heapLimit; // where it is another one than at its start
    private string? _refusal;
    private string? _problem;
    private ServeExitCode _problemCode = ServeExitCode.NotReady;
    private string? _stopReason;
    private volatile bool _isAttached;
    private volatile bool _isAddressTaken;
    private volatile bool _isStartedAgain;
    private WorkerProbe? _unwell; // asks for its health, as long as that is not well
    private int _stopsNow;
    private int _isEndLimited;

    /// <param name="context">What all workers share.</param>
    /// <param name="app">The application.</param>
    /// <param name="number">Which of the workers it is.</param>
    /// <param name="entry">Its entry on the board.</param>
    /// <param name="serving">How many workers are to serve.</param>
    /// <param name="waits">Whether its application is to wait for <see cref="TryBegin"/>.</param>
    internal WebWorker(WebWorkerContext context, ResolvedApp app, int number, int entry, int serving, bool waits)
    {
        _context = context;
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

    /// <summary>Which of the workers it is, from 1; its successor has the same number. A spare has none: 0.</summary>
    internal int Number { get; set; }

    /// <summary>Its entry on the board.</summary>
    internal int Entry { get; }

    internal ResolvedApp App { get; }

    internal WorkerLimits Limits { get; }

    /// <summary>0 until it is known.</summary>
    internal int ProcessId { get; private set; }

    internal TimeSpan Age => Stopwatch.GetElapsedTime(_born);

    /// <summary>How long it took to become ready.</summary>
    internal TimeSpan? ReadyAfter { get; private set; }

    /// <summary>When it began to take connections; null before.</summary>
    internal DateTimeOffset? ServesSince { get; private set; }

    /// <summary>Where it listens, as the application shows it.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Shown to users; and the clock of the server is not replaceable yet.")]
    internal string[] Addresses => _started.Task.IsCompletedSuccessfully ? _started.Task.Result.Split(';') : [];

    /// <summary>How Tandem was attached to the application's host, for people.</summary>
    internal string AttachedBy { get; private set; } = "";

    /// <summary>The last address that it asked for a socket for, as it was bound.</summary>
    internal string BoundTo { get; private set; } = "";

    /// <summary>Where the sockets are bound that it was given and has not given up.</summary>
    internal IReadOnlyList<string> ListensAt
    {
        get
        {
            lock (_listensAt)
                return [.. _listensAt];
        }
    }

    internal WebWorkerState State => (WebWorkerState)Volatile.Read(ref _context.Board[Entry].State);

    /// <summary>Whether somebody else has ended its process by a signal, which says nothing about the next one.</summary>
    internal bool WasKilled { get; private set; }

    private bool HasStarted => ReadyAfter is { } ready && Age > ready + ServeProtocol.StartTime;

    private string StartProfilePath => _context.Options.StartProfile ?? StartProfile.PathOf(App.Name) ?? "";

    internal bool IsToldToStop => _stopReason is not null;

    /// <summary>Whether somebody looks already at why it hangs, or has ended it for that.</summary>
    internal bool IsLookedInto { get; set; }

    /// <summary>Completes when it would serve; fails with <see cref="ServeException"/>.</summary>
    internal Task Ready => _ready.Task;

    /// <summary>How many requests it served in its life; known when it has ended.</summary>
    internal long Served { get; private set; }

    /// <summary>Completes when it has served as many requests as it may, and takes no more; cancelled when it ends before.</summary>
    internal Task Due => _due.Task;

    /// <summary>Whether it ends because it has served as many requests as it may.</summary>
    internal bool IsDue => _due.Task.IsCompletedSuccessfully || (Limits.Requests > 0 && Volatile.Read(ref _context.Board[Entry].Requests) >= Limits.Requests);

    /// <summary>Whether it will have served as many requests as it may soon, so that a successor should get ready.</summary>
    internal bool IsNearlyDue { get; private set; }

    /// <summary>Completes with what happened when its process is gone; null when it ended as it was told to.</summary>
    internal Task<string?> Ended { get; }

    /// <summary>Whether its application waits for <see cref="TryBegin"/>.</summary>
    internal bool IsStandby => !_begun.Task.IsCompletedSuccessfully;

    /// <summary>Has its application begin, as worker of a number. From then on it is like one that was started now.</summary>
    /// <returns>Whether it can: its process is there, and runs.</returns>
    internal bool TryBegin(int number)
    {
        bool runs = Environment.TickCount64 - Volatile.Read(ref _context.Board[Entry].AliveAt) < 3 * ServeProtocol.StandbyBeat.TotalMilliseconds;
        if (!_isAttached || !runs || !_messages!.TrySend(ServeProtocol.Begin, number.ToString(CultureInfo.InvariantCulture)))
            return false;

        Number = number;
        _born = Stopwatch.GetTimestamp();
        _begun.TrySetResult();
        return true;
    }

    /// <summary>Says how large its heap may become, in bytes, when that changes while it runs.</summary>
    internal void LimitHeap(long limit)
    {
        lock (_limiting)
        {
            _heapLimit = limit;
            SendHeapLimit();
        }
    }

    /// <summary>Has it take connections.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Shown to users; and the clock of the server is not replaceable yet.")]
    internal void Accept()
    {
        ServesSince = DateTimeOffset.Now;
        _messages?.TrySend(ServeProtocol.Accept);
    }

    /// <summary>Has it go on beyond the requests that it may serve, for as many again, because nobody could take its place.</summary>
    internal void GoOn()
    {
        IsNearlyDue = false;
        _messages?.TrySend(ServeProtocol.GoOn);
    }

    /// <summary>Has it take no more connections, and end when those that it has are done.</summary>
    /// <param name="reason">Why, for people.</param>
    /// <param name="finishesQueue">Whether nobody else will take the connections that wait.</param>
    internal void Drain(string reason, bool finishesQueue = false)
    {
        _stopReason ??= reason;
        LimitEnd();
        if (finishesQueue && _messages?.TrySend(ServeProtocol.Finish) == true)
            _ = FinishAsync();
        else
            _stop.Cancel();
    }

    /// <summary>The pool tells it to stop on another socket, which it could hear first, and leave what waits in the queue.</summary>
    private async Task FinishAsync()
    {
        await _finishing.Task.WaitAsync(HearingGrace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stop.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Completes when it takes no connections any more, so that what is asked from then on is asked of another one.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Shown to users; and the clock of the server is not replaceable yet.")]
    internal async Task ClosedAsync()
    {
        // It looks a few times in a second itself. One whose process does not run is not waited for, nor for long one whose thread pool hangs.
        const int MostLooks = 1000;
        for (int i = 0; i < MostLooks && !Ended.IsCompleted && _context.Board[Entry].Accepts; i++)
            await Task.Delay(TimeSpan.FromMilliseconds(10)).ConfigureAwait(false);
    }

    /// <summary>Has it end without regard for what is on its way: it has a moment for what is its own; asked again, none.</summary>
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

    /// <summary>It ends by itself, as it should.</summary>
    internal void NoteEnd(string reason) => _stopReason ??= reason;

    /// <summary>From now on it has the time for its end, and not more.</summary>
    internal void LimitEnd()
    {
        if (Interlocked.Exchange(ref _isEndLimited, 1) == 0)
            _ = LimitEndAsync(_context.Options.DrainTimeout + _context.Options.ShutdownTimeout);
    }

    private async Task LimitEndAsync(TimeSpan limit)
    {
        await ((Task)Ended).WaitAsync(limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Ended.IsCompleted || _stopsNow > 0)
            return;

        string reason = string.Create(
            CultureInfo.InvariantCulture,
            $"It had not ended {limit.TotalSeconds:0.###} s after it was told to ({(_context.Options.ShutdownTimeout > TimeSpan.Zero ? "--drain-timeout and --shutdown-timeout" : "--drain-timeout")}).");
        _context.Log.Write($"worker {Number} (pid {ProcessId}) is killed. {reason}");
        Kill(reason);
    }

    private async Task KillLaterAsync(TimeSpan grace, string reason)
    {
        await ((Task)Ended).WaitAsync(grace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!Ended.IsCompleted)
            Kill(reason);
    }

    /// <summary>Ends its process.</summary>
    internal void Kill(string reason) => _pool.Kill(reason);

    private async Task<string?> RunAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        string? end = null;
        Exception? error = null;
        bool hasEnded = false; // by itself, or as it was told to
        Task run = _pool.RunAsync(GuestProgram.Work, new WorkOptions { Name = $"worker {Number}" }, _stop.Token);
        try
        {
            _ = BecomeReadyAsync();
            await run.ConfigureAwait(false);
            hasEnded = true;
            if (!IsToldToStop)
                end = Explain("The application ended by itself.");
        }
        catch (OperationCanceledException) when (IsToldToStop || _problem is not null)
        {
            // It never ran, or was killed because it did not end in time.
        }
        catch (Exception) when (_stopsNow > 0)
        {
            // Nor did it in the moment that it had.
        }
        catch (Exception e)
        {
            error = e;
            await HearAllAsync().ConfigureAwait(false);
            WasKilled = e is WorkerCrashedException { EndedBy: EndedBy.Outside, IsOutOfMemorySuspected: false } || WasKilledEarly(e);
            end = Explain(Describe(e));
            if (e is WorkerStartException && !_isAttached)
                _problemCode = ServeExitCode.BadApplication;
        }

        // At once where the process was killed, for which the pool starts another one.
        await (hasEnded ? _pool.DisposeAsync().AsTask() : _pool.StopAsync()).ConfigureAwait(false);
        _messages?.Dispose();
        Served = Volatile.Read(ref _context.Board[Entry].Requests);
        TimedOut = Volatile.Read(ref _context.Board[Entry].TimedOut);
        _context.Board[Entry] = default;
        _context.Mailboxes.Close(_id);
        _ready.TrySetException(new ServeException(_problemCode, _problem ?? end ?? _stopReason ?? "It ended.", error));
        _ = _ready.Task.Exception; // nobody may be waiting
        _attached.TrySetCanceled();
        _hosted.TrySetCanceled();
        _started.TrySetCanceled();
        _begun.TrySetCanceled();
        _due.TrySetCanceled();
        _stuck.TrySetResult(null);
        if (error is not null && !IsToldToStop && !HasStarted && !WasKilled && StartProfilePath is { Length: > 0 } profile)
            StartProfile.Forget(profile); // in case that it was to blame
        return end;
    }

    private async Task BecomeReadyAsync()
    {
        ServeOptions options = _context.Options;
        await _begun.Task.ConfigureAwait(false);
        using var limit = new CancellationTokenSource(options.StartTimeout);
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
                TellAddressTaken();
        }
        catch (OperationCanceledException) when (_ready.Task.IsCompleted)
        {
            // It has ended before.
        }
        catch (Exception e)
        {
            _problem ??= e is ServeException ? e.Message : e is OperationCanceledException
                ? string.Create(CultureInfo.InvariantCulture, $"It was not ready within {options.StartTimeout.TotalSeconds:0.#} s (--start-timeout): {WhatIsMissing()}")
                : $"It does not answer as it should: {e.Message}";
            Kill(_problem);
            await _stop.CancelAsync().ConfigureAwait(false); // as long as nothing of Tandem runs in it, there is nothing that could be killed
        }
    }

    /// <summary>Waits until Tandem is attached to the application's host; without that, the application would serve by itself.</summary>
    private async Task AttachAsync(CancellationToken cancellationToken)
    {
        // Where not even the hook runs, the pool's own limit ends the process; the time for the host counts from then on.
        await _attached.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_isAttached)
            return; // who has ended says how

        await ((Task)_hosted.Task).WaitAsync(_context.Options.AttachTimeout, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_hosted.Task.IsCompleted || cancellationToken.IsCancellationRequested)
            return;

        _problemCode = ServeExitCode.BadApplication;
        throw new ServeException(
            _problemCode,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Nothing could be attached to within {_context.Options.AttachTimeout.TotalSeconds:0.###} s (--attach-timeout): the application has built no host with a web server by then. "
                + $"Tandem attaches to WebApplication, Host and WebHost, when they are built. Where that takes longer, allow more time."));
    }

    private async Task CheckHealthAsync(string path, CancellationToken cancellationToken)
    {
        _unwell = CreateProbe();
        await _unwell.CheckAsync(path, cancellationToken).ConfigureAwait(false);
        _unwell = null;
    }

    private string WhatIsMissing() =>
        !_isAttached ? "Tandem's hook has not run in it."
        : !_hosted.Task.IsCompleted ? "the application has built no host."
        : !_started.Task.IsCompleted ? "the application has not started."
        : _unwell is { } probe ? $"it listens, but {_context.Options.HealthPath} {probe.LastAnswer}."
        : "it listens, but has not answered the first request.";

    /// <summary>Asks it over connections that nobody else can get.</summary>
    private WorkerProbe CreateProbe()
    {
        string boundTo = BoundTo; // the same for what is spoken and for where
        return new WorkerProbe(
            descriptor => _messages?.TrySend(ServeProtocol.Connection, boundTo, descriptor) == true, WorkerProbe.IsTls(Addresses, boundTo));
    }

    private string Describe(Exception error) => error switch
    {
        WorkerStartException { Failure: StartFailureKind.TimedOut } when !_isAttached =>
            $"Tandem's startup hook did not run in it within {_context.Options.AttachTimeout.TotalSeconds:0.#} s. Is it compiled to native code (PublishAot), or are startup hooks "
            + $"switched off? Both cannot be served by several processes. {error.Message}",
        WorkerStartException { Failure: StartFailureKind.Ended } when !_isAttached => $"It ended before Tandem's startup hook ran in it. {error.Message}",
        WorkerStartException when WasKilledEarly(error) => "Its process was killed while it started.",
        WorkerCrashedException when _refusal is not null => _refusal,
        WorkerCrashedException when !_hosted.Task.IsCompletedSuccessfully => $"Until then it had built no host to which Tandem could be attached. {error.Message}",
        _ => error.Message,
    };

    /// <summary>Asked by the pool before it starts a process. It starts another one only where the first was killed while it started.</summary>
    private bool IsOver()
    {
        if (_isAttached && !IsToldToStop && _problem is null)
            _isStartedAgain = true;

        return _isAttached || IsToldToStop || _problem is not null;
    }

    /// <summary>Whether the process was killed after it said that it was there, and before the pool had its link to it.</summary>
    private bool WasKilledEarly(Exception error) => _isStartedAgain && error is WorkerStartException { Failure: not (StartFailureKind.Ended or StartFailureKind.TimedOut) };

    private string Explain(string end) => _isAddressTaken && !IsToldToStop ? $"{end}\n{AddressTaken}" : end;

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
            Program = new WorkerGuest(App, _context.Board, _id == 0 ? null : () => _context.Mailboxes.Open(_id), IsOver, OnConnected, (_, line) => _context.Log.Write(Number, line)),
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
    /// What is set for the worker's own runtime, and is nothing for the processes that the application starts, which may be any program: each
    /// variable, with its value before where it had one.
    /// </summary>
    private string WorkerOnly(ProcessPoolOptions pool, IEnumerable<string> names)
    {
        var dumps = new Dictionary<string, string>(StringComparer.Ordinal);
        DiagnosticFiles.RequestDumps(pool, dumps);
        return string.Join(
            WorkerSettings.ForgetSeparator,
            names.Concat(dumps.Keys).Select(name => (App.Environment.GetValueOrDefault(name) ?? Environment.GetEnvironmentVariable(name)) is { } former ? $"{name}={former}" : name));
    }
}

/// <summary>What all workers of one supervisor share.</summary>
internal sealed record WebWorkerContext(ServeOptions Options, Board Board, ListenerStore Listeners, ServeLog Log)
{
    internal Mailboxes Mailboxes { get; } = new();
}
