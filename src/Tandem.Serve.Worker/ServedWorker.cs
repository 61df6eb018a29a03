using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Tandem.Interop;
using Tandem.Serve.Protocol;
using Tandem.Serve.Worker.Sticky;

namespace Tandem.Serve.Worker;

/// <summary>This process in its role as a worker of the supervisor: its parts, its messages, and the application's host.</summary>
internal sealed class ServedWorker
{
    private readonly MessageSocket _messages = new(ServeProtocol.MessageDescriptor, waits: true); // the connection to the supervisor
    private readonly Board _board; // the state that all workers publish
    private readonly Heartbeat _heartbeat; // used by the message thread only, after Start
    private readonly ProfileKeeper _profile = new(); // writes the start profile
    // completes when the application's host has stopped
    private readonly TaskCompletionSource _hostStopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _mayBegin; // set when the application's Main may begin
    private IHostApplicationLifetime? _lifetime; // null until the host starts

    /// <param name="settings">What the supervisor has set for this worker.</param>
    /// <param name="time">The worker's clock.</param>
    internal ServedWorker(WorkerSettings settings, TimeProvider time)
    {
        Settings = settings;
        Time = time;
        _mayBegin = new ManualResetEventSlim(!settings.Waits);
        _ = Libc.Fcntl(ServeProtocol.MessageDescriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        _ = Libc.Fcntl(ServeProtocol.BoardDescriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        _board = Board.Open(ServeProtocol.BoardDescriptor, time);
        Own = new PublishedState(_board, settings.Entry);
        DrainState = new DrainState(time);
        Balance = new ConnectionBalance(_board, Own, settings.Entry, time);
        Quota = new RequestQuota(Own, settings.MaxRequests, OnNearlyDue, OnDue, time);
        Listeners = new ListenerTable(Own, DrainState, Quota, Balance, _messages);
        Connections = new ConnectionList(Balance, DrainState, new ClientPauses(settings.Silence, settings.DrainLimit), time);
        StuckRequests? stuck = null;
        if (RequestLimits.Read(settings.RequestLimits) is { } limits)
        {
            stuck = new StuckRequests(Own, Connections, _messages, time);
            Requests = new RequestWatch(this, stuck, limits);
        }

        Drainer = new Drainer(DrainState, Own, settings, Listeners, Connections, stuck, () => Sticky, StopApplication, time);
        _heartbeat = new Heartbeat(Own, settings, new PoolMonitor(Own, settings, time), DrainState, Drainer, _profile, () => Sticky, time);
    }

    /// <summary>This process's worker.</summary>
    internal static ServedWorker Current { get; set; } = null!;

    internal WorkerSettings Settings { get; }

    /// <summary>The worker's clock.</summary>
    internal TimeProvider Time { get; }

    /// <summary>What this worker publishes.</summary>
    internal PublishedState Own { get; }

    /// <summary>Whether this worker drains.</summary>
    internal DrainState DrainState { get; }

    /// <summary>Makes this worker drain.</summary>
    internal Drainer Drainer { get; }

    /// <summary>Counts connections.</summary>
    internal ConnectionBalance Balance { get; }

    /// <summary>The connections that the server serves.</summary>
    internal ConnectionList Connections { get; }

    /// <summary>The sockets on which this worker accepts.</summary>
    internal ListenerTable Listeners { get; }

    /// <summary>Counts requests, up to their limit.</summary>
    internal RequestQuota Quota { get; }

    /// <summary>Watches requests; null if there is no time limit.</summary>
    internal RequestWatch? Requests { get; }

    /// <summary>Null if any worker may serve any client.</summary>
    internal StickyRouting? Sticky { get; private set; }

    /// <summary>Cancelled when the application is told to stop.</summary>
    internal CancellationToken Stopping => Volatile.Read(ref _lifetime)?.ApplicationStopping ?? CancellationToken.None;

    internal void Start()
    {
        _heartbeat.Beat();
        Own.Advance(WebWorkerState.Starting);
        if (ThreadPoolBounds.Apply(Settings) is { } problem)
            Warn(problem);

        _messages.TrySend(ServeProtocol.Attached);
        BeginSticky();
        new Thread(Listen, 256 * 1024) { IsBackground = true, Name = "Tandem serve" }.Start();
    }

    /// <summary>Completes when the application has stopped, by itself or because it was told to.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        stop.UnsafeRegister(static worker => ((ServedWorker)worker!).Drainer.Drain(), this);
        await _hostStopped.Task.ConfigureAwait(false);
        await _profile.Kept.ConfigureAwait(false);
    }

    /// <summary>
    /// Returns when the application's <c>Main</c> may begin. Meanwhile, the runtime prepares the code that <c>Main</c> will need.
    /// </summary>
    internal void WaitForBegin() => _mayBegin.Wait();

    /// <summary>Called when Tandem is attached to the application's host.</summary>
    /// <param name="way">How it was attached, as text for users.</param>
    internal void OnHostAttached(string way)
    {
        HostingStartups.Remove();
        _messages.TrySend(ServeProtocol.HostAttached, way);
    }

    /// <summary>Called when the application's host starts.</summary>
    internal void OnHostStarting(IHostApplicationLifetime lifetime) => Volatile.Write(ref _lifetime, lifetime);

    /// <summary>Called when the application serves.</summary>
    internal void OnHostStarted(string[] addresses)
    {
        WorkerHeap.ReleaseMemoryOfStart();
        if (!DrainState.IsDraining)
            Own.Advance(WebWorkerState.Ready);

        if (Listeners.IsAny)
            _messages.TrySend(ServeProtocol.Started, string.Join(';', addresses));
        else
            Refuse("The application has started, but does not listen on any address.");
    }

    internal void OnHostStopped()
    {
        Own.Advance(WebWorkerState.Draining);
        _hostStopped.TrySetResult();
    }

    /// <summary>
    /// Called when the pool's connection is gone: the supervisor has died, or was replaced by another program in its process. The
    /// <see cref="Heartbeat"/> distinguishes these cases.
    /// </summary>
    internal static void OnOrphaned()
    {
    }

    /// <summary>Sends a warning to the supervisor's log.</summary>
    internal void Warn(string text) => _messages.TrySend(ServeProtocol.Warning, text);

    /// <summary>Tells the supervisor that code of the application could not bind an address.</summary>
    internal void ReportAddressTaken() => _messages.TrySend(ServeProtocol.AddressTaken);

    /// <summary>Exits the process, because it would serve in a way that the supervisor cannot manage.</summary>
    internal void Refuse(string reason)
    {
        _messages.TrySend(ServeProtocol.Refused, reason);
        Environment.Exit(ServeProtocol.RefusedExitCode);
    }

    /// <summary>
    /// Tries to take the lock of a hosted service; returns a descriptor that holds the lock until it is closed, or a negative number if
    /// another worker has the lock.
    /// </summary>
    internal int TryLock(string name)
    {
        int index = Array.IndexOf(Settings.Once.Split(';', StringSplitOptions.RemoveEmptyEntries), name);
        // Opens the file again, because such locks belong to an open file description, and all workers share the board's.
        int file = Libc.Open($"/proc/self/fd/{_board.Descriptor}", Libc.O_RDWR | Libc.O_CLOEXEC);
        if (file < 0 || Libc.TryLockByte(file, index))
            return file;

        _ = Libc.Close(file);
        return -1;
    }

    private void BeginSticky()
    {
        if (Settings.Sticky == StickyMode.None)
            return;

        Sticky = new StickyRouting(this, _board, id => _messages.TrySend(ServeProtocol.AskPeer, id));
        Sticky.Start();
    }

    private void OnNearlyDue() => _messages.TrySend(ServeProtocol.NearlyDue);

    private void OnDue()
    {
        Drainer.Drain();
        _messages.TrySend(ServeProtocol.Due);
    }

    /// <summary>The thread that receives the supervisor's messages, and publishes the heartbeat.</summary>
    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "A thread of its own, which shows in intervals that the process runs.")]
    private void Listen()
    {
        bool isConnected = true;
        while (true)
        {
            _heartbeat.Beat();
            if (!isConnected)
            {
                Thread.Sleep(ServeProtocol.Beat);
                continue;
            }

            switch (_messages.Receive(
                (int)(_mayBegin.IsSet ? ServeProtocol.Beat : ServeProtocol.StandbyBeat).TotalMilliseconds, out Message message))
            {
                case ReceiveOutcome.Message:
                    Handle(message);
                    break;
                case ReceiveOutcome.End:
                    isConnected = false;
                    if (!_mayBegin.IsSet)
                        Environment.Exit(0); // without a supervisor, the application can never begin
                    break;
            }
        }
    }

    private void Handle(Message message)
    {
        switch (message.Verb)
        {
            case ServeProtocol.Listener or ServeProtocol.Failure:
                Listeners.OnAnswer(message);
                break;
            case ServeProtocol.Begin:
                Environment.SetEnvironmentVariable(ServeProtocol.NumberVariable, message.Rest);
                _mayBegin.Set();
                break;
            case ServeProtocol.Accept:
                Listeners.Open();
                _heartbeat.OnAccepts();
                break;
            case ServeProtocol.Moved:
                Listeners.Move(message);
                break;
            case ServeProtocol.Resume:
                Quota.Begin();
                break;
            case ServeProtocol.Peer:
                Sticky?.Peers.OnAnswer(message.Rest, message.Descriptor);
                break;
            case ServeProtocol.Connection:
                Listeners.ServeConnection(message);
                break;
            case ServeProtocol.Finish:
                DrainState.EmptiesQueue = true;
                _messages.TrySend(ServeProtocol.Finishing);
                Drainer.Drain();
                break;
            case ServeProtocol.StopNow:
                Drainer.StopNow();
                break;
            case ServeProtocol.HeapLimit:
                if (WorkerHeap.Limit(ulong.Parse(message.Rest, CultureInfo.InvariantCulture)) is { } problem)
                    Warn(problem);
                break;
        }
    }

    private void StopApplication()
    {
        if (Volatile.Read(ref _lifetime) is { } lifetime)
            lifetime.StopApplication();
        else
            Environment.Exit(0); // there is no host yet
    }
}
