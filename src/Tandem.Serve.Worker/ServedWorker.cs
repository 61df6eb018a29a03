using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Tandem.Interop;
using Tandem.Serve.Os;
using Tandem.Serve.Protocol;
using Tandem.Serve.Workers;

namespace Tandem.Serve.Worker;

/// <summary>This process in its role as a worker of the supervisor: its settings, the state that it publishes, and its messages.</summary>
internal sealed partial class ServedWorker
{
    /// <summary>For how many heartbeats to search for the socket threads, until they exist.</summary>
    private const int MaxSearches = 240;

    /// <summary>
    /// The thread pool's minimum if each worker uses the settings of one processor: one thread serves while another one is blocked.
    /// </summary>
    private const int MinThreadsOfOneProcessor = 2;

    private readonly MessageSocket _messages = new(ServeProtocol.MessageDescriptor, waits: true); // the connection to the supervisor
    private readonly Board _board; // the state that all workers publish
    // completes when the application's host has stopped
    private readonly TaskCompletionSource _hostStopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _mayBegin; // set when the application's Main may begin
    private IHostApplicationLifetime? _lifetime; // null until the host starts
    private string[] _addresses = []; // where the application listens
    private bool _isOrphan; // whether the supervisor is gone; used by the heartbeat thread only
    private long _startEnds = long.MaxValue; // when the start ends, in milliseconds of the monotonic clock
    private volatile Task _profileKept = Task.CompletedTask; // completes when the start profile is written
    private int _socketThreadSearches; // for how many more heartbeats

    internal ServedWorker(WorkerSettings settings)
    {
        Settings = settings;
        Pauses = new ClientPauses(settings.Silence, settings.DrainLimit);
        _mayBegin = new ManualResetEventSlim(!settings.Waits);
        Requests = RequestLimits.Read(settings.RequestLimits) is { } limits ? new RequestWatch(this, limits) : null;
        _socketThreadSearches = settings.HasOneProcessor ? MaxSearches : 0;
        _ = Libc.Fcntl(ServeProtocol.MessageDescriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        _ = Libc.Fcntl(ServeProtocol.BoardDescriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        _board = Board.Open(ServeProtocol.BoardDescriptor);
    }

    /// <summary>This process's worker.</summary>
    internal static ServedWorker Current { get; set; } = null!;

    internal WorkerSettings Settings { get; }

    /// <summary>Whether no other worker accepts connections, or soon will.</summary>
    internal bool IsAlone => _board.Target <= 1 && _board.FewestConnectionsBeside(Settings.Entry) == long.MaxValue;

    /// <summary>
    /// How many connections more than the worker with the fewest this worker has, if connections are kept. Short-lived connections spread
    /// by themselves, and waiting for other workers would cost a quarter of the throughput.
    /// </summary>
    internal long Lead => AreShortLived ? 0 : Volatile.Read(ref Entry.Connections) - _board.FewestConnectionsBeside(Settings.Entry);

    private ref BoardEntry Entry => ref _board[Settings.Entry];

    internal void Start()
    {
        Beat();
        SetState(WebWorkerState.Starting);
        if (Settings.MinThreads > 0 || Settings.MaxThreads > 0 || Settings.HasOneProcessor)
            LimitThreads();

        _messages.TrySend(ServeProtocol.Attached);
        BeginSticky();
        new Thread(Listen, 256 * 1024) { IsBackground = true, Name = "Tandem serve" }.Start();
    }

    /// <summary>Completes when the application has stopped, by itself or because it was told to.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        stop.UnsafeRegister(static worker => ((ServedWorker)worker!).Drain(), this);
        await _hostStopped.Task.ConfigureAwait(false);
        await _profileKept.ConfigureAwait(false);
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
        _addresses = addresses;
        ReturnMemoryOfStart();
        if (!IsDraining)
            SetState(WebWorkerState.Ready);

        bool hasListener;
        lock (_listeners)
            hasListener = _listeners.Count > 0;
        if (hasListener)
            _messages.TrySend(ServeProtocol.Started, string.Join(';', addresses));
        else
            Refuse("The application has started, but does not listen on any address.");
    }

    internal void OnHostStopped()
    {
        SetState(WebWorkerState.Draining);
        _hostStopped.TrySetResult();
    }

    /// <summary>
    /// Called when the pool's connection is gone: the supervisor has died, or was replaced by another program in its process.
    /// <see cref="Beat"/> distinguishes these cases.
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

    private void SetState(WebWorkerState state)
    {
        if (Volatile.Read(ref Entry.State) < (long)state)
            Volatile.Write(ref Entry.State, (long)state);
    }

    /// <summary>The thread that receives the supervisor's messages, and publishes the heartbeat.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "A thread of its own, which shows in intervals that the process runs.")]
    private void Listen()
    {
        bool isConnected = true;
        while (true)
        {
            Beat();
            if (!isConnected)
            {
                Thread.Sleep(ServeProtocol.Beat);
                continue;
            }

            switch (_messages.Receive((int)(_mayBegin.IsSet ? ServeProtocol.Beat : ServeProtocol.StandbyBeat).TotalMilliseconds, out Message message))
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
                _answer = message;
                _isAnswered.Set();
                break;
            case ServeProtocol.Begin:
                Environment.SetEnvironmentVariable(ServeProtocol.NumberVariable, message.Rest);
                _mayBegin.Set();
                break;
            case ServeProtocol.Accept:
                OpenListeners();
                _startEnds = Environment.TickCount64 + (long)ServeProtocol.StartTime.TotalMilliseconds;
                break;
            case ServeProtocol.Moved:
                MoveListener(message);
                break;
            case ServeProtocol.GoOn:
                LimitRequests();
                break;
            case ServeProtocol.Peer:
                Sticky?.Peers.OnAnswer(message.Rest, message.Descriptor);
                break;
            case ServeProtocol.Connection:
                ServeConnection(message);
                break;
            case ServeProtocol.Finish:
                _emptiesQueue = true;
                _messages.TrySend(ServeProtocol.Finishing);
                Drain();
                break;
            case ServeProtocol.StopNow:
                StopNow();
                break;
            case ServeProtocol.HeapLimit:
                LimitHeap(ulong.Parse(message.Rest, CultureInfo.InvariantCulture));
                break;
        }
    }

    private void LimitHeap(ulong limit)
    {
        AppContext.SetData("GCHeapHardLimit", limit);
        try
        {
            GC.RefreshMemoryLimit();
        }
        catch (InvalidOperationException)
        {
            Warn($"Its share of the container's memory is now {limit >> 20} MiB, but it uses more already, so its limit stays as it is until the worker is replaced.");
        }
    }

    /// <summary>
    /// Releases memory that the start used. A start leaves garbage, and memory that the collector keeps in reserve, in each worker, which
    /// may never be busy. A large heap belongs to the application, and collecting it would delay its start.
    /// </summary>
    private static void ReturnMemoryOfStart()
    {
        const long Large = 64 << 20;
        if (GC.GetTotalMemory(forceFullCollection: false) < Large)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    private void Beat()
    {
        Volatile.Write(ref Entry.AliveAt, Environment.TickCount64);
        CheckPool();
        Sticky?.Prune();
        if (Environment.TickCount64 >= _startEnds && !IsDraining)
        {
            _startEnds = long.MaxValue;
            KeepProfile();
        }

        if (_socketThreadSearches > 0 && Volatile.Read(ref Entry.Accepted) > 0)
            _socketThreadSearches = SocketThreads.UseBatchScheduling() ? 0 : _socketThreadSearches - 1;

        if (_isOrphan)
            EndWhenOverdue();
        if (_isOrphan || Libc.GetParentPid() == Settings.Supervisor)
            return;

        _isOrphan = true;
        if (Settings.KeepsServing)
            return;

        // All workers of that supervisor exit, and no other one will accept the connections that wait.
        _emptiesQueue = true;
        Drain();
    }

    /// <summary>
    /// Writes the start profile on a separate thread, because the disk may be slow. The process does not exit meanwhile, because it would
    /// leave a partial profile behind.
    /// </summary>
    private void KeepProfile()
    {
        var kept = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _profileKept = kept.Task;
        new Thread(Keep, 256 * 1024) { IsBackground = false, Name = "Tandem profile" }.Start();

        void Keep()
        {
            StartProfile.End();
            kept.SetResult();
        }
    }

    /// <summary>Whether the user or the application has configured the thread pool's minimum.</summary>
    private static bool HasOwnMinThreads =>
        MachineShare.IsSet("ThreadPool_ForceMinWorkerThreads") || AppContext.GetData("System.Threading.ThreadPool.MinThreads") is not null;

    /// <summary>
    /// Sets the thread pool's bounds. The minimum is the number of threads that the pool creates at once when work arrives. By default it
    /// is the number of processors, which each of as many workers would use. Beyond the minimum, a pool adds threads when they help or are
    /// blocked.
    /// </summary>
    private void LimitThreads()
    {
        ThreadPool.GetMaxThreads(out int most, out int mostPorts);
        ThreadPool.GetMinThreads(out int least, out int leastPorts);
        if (Settings.MaxThreads > 0)
            (most, mostPorts) = (Settings.MaxThreads, Math.Max(mostPorts, 1));
        if (Settings.MinThreads > 0)
            least = Settings.MinThreads;
        else if (Settings.HasOneProcessor && !HasOwnMinThreads)
            least = Math.Min(least, MinThreadsOfOneProcessor);

        // In this order, because a bound must not exceed the other one.
        if (!ThreadPool.SetMinThreads(Math.Min(least, most), leastPorts) || !ThreadPool.SetMaxThreads(most, mostPorts))
            Warn($"The thread pool rejected the bounds of {least} and {most} threads.");
    }
}
