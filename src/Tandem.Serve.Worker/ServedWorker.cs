using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Tandem.Interop;
using Tandem.Serve.Os;
using Tandem.Serve.Protocol;
using Tandem.Serve.Workers;

namespace Tandem.Serve.Worker;

/// <summary>This process as one of the supervisor's workers: what it was told, what it shows, and what it is asked for.</summary>
internal sealed partial class ServedWorker
{
    /// <summary>For how many beats threads are looked for which there should be.</summary>
    private const int MostLooks = 240;

    /// <summary>The thread pool's lower bound where each worker has one processor: one thread serves while another is blocked.</summary>
    private const int MinThreadsOfOneProcessor = 2;

    private readonly MessageSocket _messages = new(ServeProtocol.MessageDescriptor, waits: true);
    private readonly Board _board;
    private readonly TaskCompletionSource _hostStopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _mayBegin;
    private IHostApplicationLifetime? _lifetime;
    private string[] _addresses = [];
    private bool _isOrphan;
    private long _startEnds = long.MaxValue; // in milliseconds
    private volatile Task _profileKept = Task.CompletedTask;
    private int _looksForSocketThreads; // how many more

    internal ServedWorker(WorkerSettings settings)
    {
        Settings = settings;
        Pauses = new ClientPauses(settings.Silence, settings.DrainLimit);
        _mayBegin = new ManualResetEventSlim(!settings.Waits);
        Requests = RequestLimits.Read(settings.RequestLimits) is { } limits ? new RequestWatch(this, limits) : null;
        _looksForSocketThreads = settings.HasOneProcessor ? MostLooks : 0;
        _ = Libc.Fcntl(ServeProtocol.MessageDescriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        _ = Libc.Fcntl(ServeProtocol.BoardDescriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        _board = Board.Open(ServeProtocol.BoardDescriptor);
    }

    /// <summary>The worker that this process is.</summary>
    internal static ServedWorker Current { get; set; } = null!;

    internal WorkerSettings Settings { get; }

    /// <summary>Whether no other worker takes connections, nor will soon.</summary>
    internal bool IsAlone => _board.Target <= 1 && _board.FewestConnectionsBeside(Settings.Entry) == long.MaxValue;

    /// <summary>
    /// How many connections more than another worker it has, where they are kept. Connections that come and go spread by themselves, and
    /// waiting for others would cost them a quarter of the throughput.
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

    /// <summary>Runs until the application has ended as it was told to, or by itself.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        stop.UnsafeRegister(static worker => ((ServedWorker)worker!).Drain(), this);
        await _hostStopped.Task.ConfigureAwait(false);
        await _profileKept.ConfigureAwait(false);
    }

    /// <summary>Returns when the application's <c>Main</c> may begin. Meanwhile the runtime prepares what it will need.</summary>
    internal void WaitForBegin() => _mayBegin.Wait();

    /// <summary>An application's host has what it takes to be served.</summary>
    /// <param name="way">How it was attached to, for people.</param>
    internal void OnHostAttached(string way)
    {
        HostingStartups.Remove();
        _messages.TrySend(ServeProtocol.HostAttached, way);
    }

    /// <summary>The application's host starts.</summary>
    internal void OnHostStarting(IHostApplicationLifetime lifetime) => Volatile.Write(ref _lifetime, lifetime);

    /// <summary>The application serves.</summary>
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
            Refuse("It has started and listens nowhere.");
    }

    internal void OnHostStopped()
    {
        SetState(WebWorkerState.Draining);
        _hostStopped.TrySetResult();
    }

    /// <summary>The supervisor's connection is gone: it has died, or put another program in its place, which <see cref="Beat"/> tells apart.</summary>
    internal static void OnOrphaned()
    {
    }

    /// <summary>Tells the supervisor of something that is not as it should be.</summary>
    internal void Warn(string text) => _messages.TrySend(ServeProtocol.Warning, text);

    /// <summary>Tells the supervisor that code of the application could not bind an address.</summary>
    internal void TellAddressTaken() => _messages.TrySend(ServeProtocol.AddressTaken);

    /// <summary>Ends the process, because it would serve in a way that the supervisor could not manage.</summary>
    internal void Refuse(string reason)
    {
        _messages.TrySend(ServeProtocol.Refused, reason);
        Environment.Exit(ServeProtocol.RefusedExitCode);
    }

    /// <summary>The descriptor of a lock that this worker holds now, until it is closed; negative when another worker has it.</summary>
    internal int TryLock(string name)
    {
        int index = Array.IndexOf(Settings.Once.Split(';', StringSplitOptions.RemoveEmptyEntries), name);
        // A file of its own: such locks belong to an open file, and the board's is the same for all.
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

    /// <summary>The thread that hears the supervisor, and shows that this process lives.</summary>
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
                        Environment.Exit(0); // nobody can say any more that the application may begin
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
            Warn($"Its part of the container's memory is {limit >> 20} MiB now, and it holds more already: its limit stays until it is replaced.");
        }
    }

    /// <summary>
    /// Starting leaves garbage, and memory that the collector keeps for more of it: in each worker, which may never be busy. A large heap
    /// is the application's own, and would hold up its start.
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
        LookAtPool();
        Sticky?.Prune();
        if (Environment.TickCount64 >= _startEnds && !IsDraining)
        {
            _startEnds = long.MaxValue;
            KeepProfile();
        }

        if (_looksForSocketThreads > 0 && Volatile.Read(ref Entry.Accepted) > 0)
            _looksForSocketThreads = SocketThreads.StopInterrupting() ? 0 : _looksForSocketThreads - 1;

        if (_isOrphan)
            EndWhenOverdue();
        if (_isOrphan || Libc.GetParentPid() == Settings.Supervisor)
            return;

        _isOrphan = true;
        if (Settings.KeepsServing)
            return;

        // All of its workers end, and nobody else comes for what waits.
        _emptiesQueue = true;
        Drain();
    }

    /// <summary>On a thread of its own, because a disk may be slow. The process does not end meanwhile, or it would leave what is half done.</summary>
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

    /// <summary>Whether the user or the application has a lower bound for the thread pool.</summary>
    private static bool HasOwnMinThreads =>
        MachineShare.IsSet("ThreadPool_ForceMinWorkerThreads") || AppContext.GetData("System.Threading.ThreadPool.MinThreads") is not null;

    /// <summary>
    /// The lower bound is up to how many threads the pool has at once when work comes; by itself as many as there are processors, which
    /// each of as many workers would take. Beyond it, any pool has more where they help or are blocked.
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

        // In this order, because a bound may not pass the other one.
        if (!ThreadPool.SetMinThreads(Math.Min(least, most), leastPorts) || !ThreadPool.SetMaxThreads(most, mostPorts))
            Warn($"The thread pool refuses bounds of {least} and {most} threads.");
    }
}
