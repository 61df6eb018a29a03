using System.Runtime.InteropServices;
using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>A worker process that posix_spawn has started.</summary>
internal sealed unsafe class LinuxWorkerProcess : WorkerProcess
{
    private static readonly HashSet<int> WaitedFor = []; // the children that this class reaps; guarded by itself

    private readonly IProcessObserver _observer;
    private readonly Dictionary<string, string> _environment;
    private readonly LineSplitter _output;
    private readonly LineSplitter _error;
    private readonly ChildProcess _child;
    private readonly string? _diagnosticKey; // identifies the process's diagnostic files
    private int _outputPipe; // -1 once closed; used on the hub's thread only
    private int _errorPipe; // -1 once closed; used on the hub's thread only

    private LinuxWorkerProcess(int pid, int outputPipe, int errorPipe, Dictionary<string, string> environment, IProcessObserver observer)
    {
        _environment = environment;
        _child = new ChildProcess(pid);
        _diagnosticKey = DiagnosticFiles.KeyOf(pid); // now, because the process may be reaped as soon as it has exited
        _outputPipe = outputPipe;
        _errorPipe = errorPipe;
        _observer = observer;
        _output = new LineSplitter(line => Deliver(line, isError: false));
        _error = new LineSplitter(line => Deliver(line, isError: true));
    }

    internal override int Id => _child.Id;

    /// <summary>Whether the process was reaped before it could be watched, so that no event reports its exit.</summary>
    internal bool IsLost => _child.IsLost;

    internal override void Terminate() => _child.Signal(Libc.SIGTERM);

    internal override void Kill() => _child.Signal(Libc.SIGKILL);

    internal override void SetLowestPriority() => _child.SetLowestPriority();

    public override void Dispose()
    {
    }

    internal static LinuxWorkerProcess Spawn(
        LaunchPlan plan, Dictionary<string, string> environment, ReadOnlySpan<int> descriptors, IProcessObserver observer)
    {
        int* output = stackalloc int[2] { -1, -1 };
        int* error = stackalloc int[2] { -1, -1 };
        // dup2 to low numbers could overwrite a source descriptor that is still needed, so the sources are moved above them first.
        int count = descriptors.Length + 2;
        int* sources = stackalloc int[count];
        int lowest = count + 1; // above all targets of dup2
        for (int i = 0; i < count; i++)
            sources[i] = -1;

        bool spawned = false;
        try
        {
            if (Libc.Pipe2(output, Libc.O_CLOEXEC) != 0 || Libc.Pipe2(error, Libc.O_CLOEXEC) != 0)
                throw new WorkerStartException($"The pipes of a worker could not be created: {Libc.LastError()}.");

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
            {
                string reason = SystemLimits.ExplainStart(result, Marshal.GetPInvokeErrorMessage(result));
                throw new WorkerStartException($"'{plan.Executable}' could not be started as a worker: {reason}.");
            }

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

    /// <summary>Whether this class has started a child and reaps it, so that no other code may.</summary>
    internal static bool IsWaitedFor(int processId)
    {
        lock (WaitedFor)
            return WaitedFor.Contains(processId);
    }

    /// <summary>Sets the descriptors to poll: exit, standard output, standard error. Poll ignores a descriptor of -1.</summary>
    internal void Watch(Libc.PollFd* fds)
    {
        fds[0] = new Libc.PollFd { Fd = _child.Descriptor, Events = Libc.POLLIN };
        fds[1] = new Libc.PollFd { Fd = _outputPipe, Events = Libc.POLLIN };
        fds[2] = new Libc.PollFd { Fd = _errorPipe, Events = Libc.POLLIN };
    }

    /// <summary>Handles the results of a poll; true if the process has exited.</summary>
    internal bool Handle(short exit, short output, short error)
    {
        bool exited = exit != 0 || IsLost;
        // Read once from each pipe, so that a worker that writes much does not delay the others. After the exit, read everything.
        if (output != 0)
            ReadLines(ref _outputPipe, _output, all: exited);
        if (error != 0)
            ReadLines(ref _errorPipe, _error, all: exited);
        if (!exited)
            return false;

        ExitStatus status = _child.Reap();
        lock (WaitedFor)
            WaitedFor.Remove(Id);

        // All output of the process is in the pipes by now. A descendant that still holds them open is not waited for.
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

    /// <summary>Delivers a line. An exception of the observer must not stop this thread from watching other processes.</summary>
    private void Deliver(string line, bool isError)
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
        // Another process may have inherited the pipe and write to it without end.
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
