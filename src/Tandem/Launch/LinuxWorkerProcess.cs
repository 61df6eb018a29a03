using System.Runtime.InteropServices;
using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>A worker process that was started by posix_spawn.</summary>
internal sealed unsafe class LinuxWorkerProcess : WorkerProcess
{
    private static readonly HashSet<int> WaitedFor = [];

    private readonly IProcessObserver _observer;
    private readonly Dictionary<string, string> _environment;
    private readonly LineSplitter _output;
    private readonly LineSplitter _error;
    private readonly ChildProcess _child;
    private readonly string? _diagnosticKey;
    private int _outputPipe;
    private int _errorPipe;

    private LinuxWorkerProcess(int pid, int outputPipe, int errorPipe, Dictionary<string, string> environment, IProcessObserver observer)
    {
        _environment = environment;
        _child = new ChildProcess(pid);
        _diagnosticKey = DiagnosticFiles.KeyOf(pid); // not later: it may be reaped as soon as it has ended
        _outputPipe = outputPipe;
        _errorPipe = errorPipe;
        _observer = observer;
        _output = new LineSplitter(line => Tell(line, isError: false));
        _error = new LineSplitter(line => Tell(line, isError: true));
    }

    internal override int Id => _child.Id;

    /// <summary>Whether it was gone before it could be watched, so that nothing tells of its end.</summary>
    internal bool IsLost => _child.IsLost;

    internal override void Terminate() => _child.Signal(Libc.SIGTERM);

    internal override void Kill() => _child.Signal(Libc.SIGKILL);

    internal override void PutLast() => _child.PutLast();

    public override void Dispose()
    {
    }

    internal static LinuxWorkerProcess Spawn(
        LaunchPlan plan, Dictionary<string, string> environment, ReadOnlySpan<int> descriptors, IProcessObserver observer)
    {
        int* output = stackalloc int[2] { -1, -1 };
        int* error = stackalloc int[2] { -1, -1 };
        // dup2 onto low numbers could overwrite a source that is still needed, so sources are moved out of the way first.
        int count = descriptors.Length + 2;
        int* sources = stackalloc int[count];
        int lowest = count + 1; // above all that dup2 makes
        for (int i = 0; i < count; i++)
            sources[i] = -1;

        bool spawned = false;
        try
        {
            if (Libc.Pipe2(output, Libc.O_CLOEXEC) != 0 || Libc.Pipe2(error, Libc.O_CLOEXEC) != 0)
                throw new WorkerStartException($"The pipes of a worker could not be made: {Libc.LastError()}.");

            for (int i = 0; i < count; i++)
            {
                int source = i == 0 ? output[1] : i == 1 ? error[1] : descriptors[i - 2];
                sources[i] = Libc.Fcntl(source, Libc.F_DUPFD_CLOEXEC, lowest);
                if (sources[i] < 0)
                    throw new WorkerStartException($"The descriptors of a worker could not be prepared: {Libc.LastError()}.");
            }

            using var call = new SpawnCall(plan, environment, new ReadOnlySpan<int>(sources, count));
            int result, pid;
            lock (WaitedFor)
            {
                result = call.Run(out pid);
                if (result == 0)
                    WaitedFor.Add(pid);
            }

            if (result != 0)
                throw new WorkerStartException($"'{plan.Executable}' could not be started as a worker: {SystemLimits.ExplainStart(result, Marshal.GetPInvokeErrorMessage(result))}.");

            spawned = true;
            SetNonBlocking(output[0]);
            SetNonBlocking(error[0]);
            return new LinuxWorkerProcess(pid, output[0], error[0], environment, observer);
        }
        finally
        {
            for (int i = 0; i < count; i++)
                Close(ref sources[i]);

            Close(ref output[1]);
            Close(ref error[1]);
            if (!spawned)
            {
                Close(ref output[0]);
                Close(ref error[0]);
            }
        }
    }

    /// <summary>Whether a child was started here, so that nobody else may reap it.</summary>
    internal static bool IsWaitedFor(int processId)
    {
        lock (WaitedFor)
            return WaitedFor.Contains(processId);
    }

    /// <summary>What to wait for: exit, standard output, standard error. A descriptor of -1 is left out by poll.</summary>
    internal void Watch(Libc.PollFd* fds)
    {
        fds[0] = new Libc.PollFd { Fd = _child.Descriptor, Events = Libc.POLLIN };
        fds[1] = new Libc.PollFd { Fd = _outputPipe, Events = Libc.POLLIN };
        fds[2] = new Libc.PollFd { Fd = _errorPipe, Events = Libc.POLLIN };
    }

    /// <summary>Handles what poll found; true when the process is gone.</summary>
    internal bool Handle(short exit, short output, short error)
    {
        bool exited = exit != 0 || IsLost;
        // A chatty worker must not starve the others: one pass each. At the end, all that is there.
        if (output != 0)
            ReadLines(ref _outputPipe, _output, all: exited);
        if (error != 0)
            ReadLines(ref _errorPipe, _error, all: exited);
        if (!exited)
            return false;

        ExitStatus status = _child.Reap();
        lock (WaitedFor)
            WaitedFor.Remove(Id);

        // What the process wrote is in the pipes by now; a grandchild that still holds them is not waited for.
        ReadLines(ref _outputPipe, _output, all: true);
        ReadLines(ref _errorPipe, _error, all: true);
        _output.End();
        _error.End();
        Close(ref _outputPipe);
        Close(ref _errorPipe);
        _child.Dispose();
        if (status.Code != 0)
            DiagnosticFiles.Delete(Id, _diagnosticKey, _environment);

        Background.Run(_observer.OnExited, status);
        return true;
    }

    /// <summary>What hears a line must not keep this thread from watching the others.</summary>
    private void Tell(string line, bool isError)
    {
        try
        {
            _observer.OnOutput(line, isError);
        }
        catch (Exception e)
        {
            Background.Report(e);
        }
    }

    private static void ReadLines(ref int fd, LineSplitter lines, bool all)
    {
        if (fd < 0)
            return;

        byte* buffer = stackalloc byte[8192];
        // Somebody else may have the pipe from the process, and write without end.
        long rest = all ? OutputPipe.LargestPipe : 1;
        do
        {
            nint read = Libc.Read(fd, buffer, 8192);
            if (read == 0)
                Close(ref fd);
            if (read <= 0)
                return;

            lines.Append(new ReadOnlySpan<byte>(buffer, (int)read));
            rest -= read;
        }
        while (rest > 0);
    }

    private static void SetNonBlocking(int fd)
    {
        const int F_SETFL = 4;
        const int O_NONBLOCK = 0x800;
        _ = Libc.Fcntl(fd, F_SETFL, O_NONBLOCK);
    }

    private static void Close(ref int fd)
    {
        if (fd >= 0)
            _ = Libc.Close(fd);
        fd = -1;
    }
}
