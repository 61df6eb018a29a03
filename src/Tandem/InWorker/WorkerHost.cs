using System.Reflection;
using System.Runtime.Loader;
using Tandem.BackgroundWork;
using Tandem.Interop;
using Tandem.Launch;
using Tandem.Shipping;
using Tandem.Transport;
using Tandem.Transport.Portable;
using Tandem.Transport.SharedMemory;
using Tandem.WarmUp;

namespace Tandem.InWorker;

/// <summary>Turns this process into a worker if it was started as one.</summary>
internal static class WorkerHost
{
    /// <summary>Does not return in a process that was started as a worker; returns at once in any other process.</summary>
    internal static void RunIfWorker()
    {
        string? transport = Environment.GetEnvironmentVariable(LaunchProtocol.WorkerVariable);
        if (transport is null)
            return;

        ProcessRole.IsWorker = true;
        int parent = ReadNumber(LaunchProtocol.ParentVariable);
        int concurrency = ReadNumber(LaunchProtocol.ConcurrencyVariable);
        PlugIns.Probe(Environment.GetEnvironmentVariable(LaunchProtocol.FoldersVariable));
        // The only place in a worker that knows of warm-up. Without this line nothing changes but time: the first call of a program takes
        // about 20 ms longer, and the first call of a spare that has stepped in about 1 ms longer.
        Action<Callable>? defineAhead = WorkerWarmUp.Begin(static link => new WorkerLoop(link, 1).Handle);
        if (Environment.GetEnvironmentVariable(LaunchProtocol.EntryVariable) is { } entry)
            SetProgramIdentity(entry);
        if (Environment.GetEnvironmentVariable(LaunchProtocol.BaseFolderVariable) is { } folder)
            AppContext.SetData("APP_CONTEXT_BASE_DIRECTORY", folder);
        CleanEnvironment();

        try
        {
            ParentLink link = transport == LaunchProtocol.SharedMemory ? Inherit(parent) : Connect(transport);
            new WorkerLoop(link, concurrency) { OnDefinedAhead = defineAhead }.Run();
        }
        catch (Exception e) when (e is IOException or ProtocolException or TimeoutException)
        {
            End(e);
        }

        Environment.Exit(0);
    }

    /// <summary>Exits the worker, because it cannot communicate with its parent.</summary>
    internal static void End(Exception error)
    {
        Console.Error.WriteLine($"Tandem worker: {error.Message}");
        Environment.Exit(LaunchProtocol.OrphanExitCode);
    }

    /// <summary>
    /// In a process that was started for a <see cref="GuestProgram"/>: starts the worker in addition to the program's own <c>Main</c>,
    /// and returns at once. The process may outlive its parent, if the guest allows that.
    /// </summary>
    internal static void RunBeside(Guest guest)
    {
        ProcessRole.IsWorker = true;
        CleanEnvironment();
        // The program itself is not nested in a pool: the depth of its own pools starts at zero.
        Environment.SetEnvironmentVariable(LaunchProtocol.DepthVariable, null);
        Environment.SetEnvironmentVariable(LaunchProtocol.DepthLimitVariable, null);
        SharedMemoryParentLink link = TakeDescriptors();
        Background.Thread("Tandem worker", 512 * 1024, () => Loop(link, guest), _ => guest.OnOrphaned()).UnsafeStart();
    }

    private static void Loop(SharedMemoryParentLink link, Guest guest)
    {
        try
        {
            new WorkerLoop(link, 1, guest).Run();
        }
        catch (Exception e) when (e is IOException or ProtocolException)
        {
            Console.Error.WriteLine($"Tandem worker: {e.Message}");
            guest.OnOrphaned();
        }
    }

    /// <summary>Exits without running user code: the parent has exited, and the main thread may be blocked.</summary>
    internal static void EndAsOrphan()
    {
        if (OperatingSystem.IsWindows())
            Environment.FailFast("The parent of this worker process has exited.");

        // Also kill the processes that this worker has started.
        _ = Libc.Kill(-Environment.ProcessId, Libc.SIGKILL);
        Libc.ExitNow(LaunchProtocol.OrphanExitCode);
    }

    private static SharedMemoryParentLink Inherit(int parent)
    {
        // A backup for the control socket: it also kills a worker whose runtime is blocked. The parent may have exited before this call.
        ParentDeath.Arm();
        if (Libc.GetParentPid() != parent)
            Libc.ExitNow(LaunchProtocol.OrphanExitCode);

        return TakeDescriptors();
    }

    private static SharedMemoryParentLink TakeDescriptors()
    {
        // Processes that this worker starts must not inherit its descriptors: an open control socket would look like a living worker.
        for (int fd = LaunchProtocol.ControlDescriptor; fd <= LaunchProtocol.ResultsDescriptor; fd++)
            _ = Libc.Fcntl(fd, Libc.F_SETFD, Libc.FD_CLOEXEC);

        return new SharedMemoryParentLink(
            LaunchProtocol.ControlDescriptor, LaunchProtocol.LinkDescriptor,
            LaunchProtocol.RequestsDescriptor, LaunchProtocol.ResultsDescriptor);
    }

    private static PortableParentLink Connect(string name)
    {
        // Use a separate process group, so that Ctrl-C reaches the worker only through its parent, and its children are killed with it.
        if (!OperatingSystem.IsWindows())
            _ = Libc.SetProcessGroup(0, 0);

        return new PortableParentLink(name);
    }

    /// <summary>Makes this process look like the program to user code and to tools that list processes.</summary>
    private static unsafe void SetProgramIdentity(string entry)
    {
        Assembly.SetEntryAssembly(AssemblyLoadContext.Default.LoadFromAssemblyPath(entry));
        if (!OperatingSystem.IsLinux())
            return;

        // Names the calling thread, which is the main thread and so names the process. This code and ReadNumber avoid library methods:
        // the first item waits for them, and loading code that searches, parses or encodes takes about a millisecond each.
        const int Longest = 15;
        byte* name = stackalloc byte[Longest + 1];
        int start = entry.Length;
        while (start > 0 && entry[start - 1] != Path.DirectorySeparatorChar)
            start--;
        int length = 0;
        for (; length < Longest && start + length < entry.Length - ".dll".Length; length++)
            name[length] = char.IsAscii(entry[start + length]) ? (byte)entry[start + length] : (byte)'?';
        name[length] = 0;
        _ = Libc.Prctl(Libc.PR_SET_NAME, (nint)name, 0, 0, 0);
    }

    private static int ReadNumber(string variable)
    {
        int number = 0;
        foreach (char digit in Environment.GetEnvironmentVariable(variable)!)
            number = number * 10 + (digit - '0');

        return number;
    }

    private static void CleanEnvironment()
    {
        // If the worker was not started by a hook, the hooks in the environment are the program's own and stay.
        if (Environment.GetEnvironmentVariable(LaunchProtocol.EntryVariable) is null)
        {
            string? former = Environment.GetEnvironmentVariable(LaunchProtocol.FormerHooksVariable);
            Environment.SetEnvironmentVariable(LaunchProtocol.HooksVariable, string.IsNullOrEmpty(former) ? null : former);
            Environment.SetEnvironmentVariable(LaunchProtocol.FormerHooksVariable, null);
        }

        Environment.SetEnvironmentVariable(LaunchProtocol.WorkerVariable, null);
        Environment.SetEnvironmentVariable(LaunchProtocol.ParentVariable, null);
        Environment.SetEnvironmentVariable(LaunchProtocol.ConcurrencyVariable, null);
        Environment.SetEnvironmentVariable(LaunchProtocol.FoldersVariable, null);
        Environment.SetEnvironmentVariable(LaunchProtocol.EntryVariable, null);
        Environment.SetEnvironmentVariable(LaunchProtocol.BaseFolderVariable, null);
    }
}
