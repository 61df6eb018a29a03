using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>
/// Starts the worker processes of one pool, and watches all of them from one thread: their exits (pidfd), standard output and standard
/// error. The same thread forks them and lives as long as they do, because the kernel ties PR_SET_PDEATHSIG to the forking thread.
/// </summary>
internal sealed unsafe class LinuxProcessHub : ProcessLauncher
{
    private readonly Thread _thread;
    private readonly ConcurrentQueue<Action> _requests = new(); // run on the hub's thread
    private readonly List<LinuxWorkerProcess> _processes = []; // used on the hub's thread only
    private readonly int _wake; // an eventfd that interrupts the poll
    private volatile bool _ending; // the thread ends once no process is left
    private bool _ended; // set by the hub's thread before it ends

    internal LinuxProcessHub(string name)
    {
        _wake = Libc.EventFd(0, Libc.EFD_CLOEXEC);
        if (_wake < 0)
            throw new IOException($"eventfd failed: {Libc.LastError()}");

        _thread = Background.Thread($"Tandem {name} processes", 256 * 1024, Watch);
        _thread.UnsafeStart();
    }

    internal override bool PassesDescriptors => true;

    /// <summary>Queues an action for the hub's thread.</summary>
    internal override void Post(Action request)
    {
        _requests.Enqueue(request);
        ulong one = 1;
        _ = Libc.Write(_wake, (byte*)&one, sizeof(ulong));
    }

    internal override LinuxWorkerProcess Start(
        LaunchPlan plan, Dictionary<string, string> environment, ReadOnlySpan<int> descriptors, IProcessObserver observer)
    {
        LinuxWorkerProcess process = LinuxWorkerProcess.Spawn(plan, environment, descriptors, observer);
        _processes.Add(process);
        return process;
    }

    internal override void WarmUp(LaunchPlan plan, Func<Dictionary<string, string>> environment) =>
        new SpawnCall(plan, environment(), [0]).Dispose();

    /// <summary>Ends the thread once no process is left.</summary>
    public override void Dispose()
    {
        _ending = true;
        Post(static () => { });
        if (Thread.CurrentThread != _thread)
            _thread.Join();
    }

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "Only after an unexpected error: a permanent one must not use a whole processor.")]
    private void Watch()
    {
        // This thread must not end before the workers do, whatever happens: the kernel would kill them with it.
        while (!_ended)
            Background.Run(WatchAll, static _ => Thread.Sleep(100));
    }

    private void WatchAll()
    {
        var fds = new Libc.PollFd[16];
        while (true)
        {
            while (_requests.TryDequeue(out Action? request))
                Background.Run(request);

            if (_ending && _processes.Count == 0 && _requests.IsEmpty)
                break;

            int count = 1 + _processes.Count * 3;
            if (fds.Length < count)
                Array.Resize(ref fds, count * 2);

            fds[0] = new Libc.PollFd { Fd = _wake, Events = Libc.POLLIN };
            fixed (Libc.PollFd* pointer = fds)
            {
                for (int i = 0; i < _processes.Count; i++)
                    _processes[i].Watch(pointer + 1 + i * 3);

                _ = Libc.Poll(pointer, (nuint)count, _processes.Exists(static process => process.IsLost) ? 0 : -1);
            }

            if ((fds[0].Revents & Libc.POLLIN) != 0)
            {
                ulong ignored;
                _ = Libc.Read(_wake, (byte*)&ignored, sizeof(ulong));
            }

            for (int i = _processes.Count - 1; i >= 0; i--)
            {
                bool gone = true; // also if handling its exit failed
                Libc.PollFd exit = fds[1 + i * 3], output = fds[2 + i * 3], error = fds[3 + i * 3];
                Guard(_processes[i], process => gone = process.Handle(exit.Revents, output.Revents, error.Revents));
                if (gone)
                    _processes.RemoveAt(i);
            }
        }

        _ended = true;
        _ = Libc.Close(_wake);
    }

    /// <summary>
    /// Runs an action and reports its exception. An unhandled exception on this thread would terminate the user's process, and with it all
    /// workers.
    /// </summary>
    private static void Guard<T>(T subject, Action<T> action)
    {
        try
        {
            action(subject);
        }
        catch (Exception e)
        {
            Console.Error.WriteLine($"Tandem: handling an event of a worker process failed: {e}");
        }
    }
}
