using System.Reflection;
using System.Runtime.Loader;
using Tandem.BackgroundWork;
using Tandem.Interop;
using Tandem.Launch;
using Tandem.Transport;
using Tandem.Transport.Portable;
using Tandem.Transport.SharedMemory;

namespace Tandem.InWorker;

/// <summary>Turns this process into a worker, where it was started as one.</summary>
internal static class WorkerHost
{
    /// <summary>Does not return in a process that was started as a worker; returns at once in any other.</summary>
    internal static void RunIfWorker()
    {
        string? transport = Environment.GetEnvironmentVariable(LaunchProtocol.WorkerVariable);
        if (transport is null)
            return;

        ProcessRole.IsWorker = true;
        int parent = ReadNumber(LaunchProtocol.ParentVariable);
        int concurrency = ReadNumber(LaunchProtocol.ConcurrencyVariable);
        PlugIns.Probe(Environment.GetEnvironmentVariable(LaunchProtocol.FoldersVariable));
        Rehearsal.Begin();
        if (Environment.GetEnvironmentVariable(LaunchProtocol.EntryVariable) is { } entry)
            StandInFor(entry);
        if (Environment.GetEnvironmentVariable(LaunchProtocol.BaseFolderVariable) is { } folder)
            AppContext.SetData("APP_CONTEXT_BASE_DIRECTORY", folder);
        CleanEnvironment();

        try
        {
            ParentLink link = transport == LaunchProtocol.SharedMemory ? Inherit(parent) : Connect(transport);
            new WorkerLoop(link, concurrency).Run();
        }
        catch (Exception e) when (e is IOException or ProtocolException or TimeoutException)
        {
            End(e);
        }

        Environment.Exit(0);
    }

    /// <summary>Ends the worker, which is of no use any more: it cannot speak with its parent.</summary>
    internal static void End(Exception error)
    {
        Console.Error.WriteLine($"Tandem worker: {error.Message}");
        Environment.Exit(LaunchProtocol.OrphanExitCode);
    }

    /// <summary>
    /// In a process that was started for a <see cref="GuestProgram"/>: works beside the program's own <c>Main</c>, and returns at once.
    /// The process outlives its parent, if the guest wants that.
    /// </summary>
    internal static void RunBeside(Guest guest)
    {
        ProcessRole.IsWorker = true;
        CleanEnvironment();
        // To the program, it is not nested in anything: its own pools start from here.
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

    /// <summary>Ends the process without running anything of the user's: its parent is gone, and its main thread may be stuck.</summary>
    internal static void EndAsOrphan()
    {
        if (OperatingSystem.IsWindows())
            Environment.FailFast("The parent of this worker process is gone.");

        // With everything that this worker has started.
        _ = Libc.Kill(-Environment.ProcessId, Libc.SIGKILL);
        Libc.ExitNow(LaunchProtocol.OrphanExitCode);
    }

    private static SharedMemoryParentLink Inherit(int parent)
    {
        // A backup for the control socket: it also ends a worker whose runtime is stuck. The parent may have died before.
        ParentDeath.Arm();
        if (Libc.GetParentPid() != parent)
            Libc.ExitNow(LaunchProtocol.OrphanExitCode);

        return TakeDescriptors();
    }

    private static SharedMemoryParentLink TakeDescriptors()
    {
        // What this worker starts must not hold its descriptors: an open control socket would look like a living worker.
        for (int fd = LaunchProtocol.ControlDescriptor; fd <= LaunchProtocol.ResultsDescriptor; fd++)
            _ = Libc.Fcntl(fd, Libc.F_SETFD, Libc.FD_CLOEXEC);

        return new SharedMemoryParentLink(
            LaunchProtocol.ControlDescriptor, LaunchProtocol.LinkDescriptor, LaunchProtocol.RequestsDescriptor, LaunchProtocol.ResultsDescriptor);
    }

    private static PortableParentLink Connect(string name)
    {
        // Its own process group, so that Ctrl-C reaches it through its parent only, and its children end with it.
        if (!OperatingSystem.IsWindows())
            _ = Libc.SetProcessGroup(0, 0);

        return new PortableParentLink(name);
    }

    /// <summary>To user code, and to who looks at processes, this is the program that it works for.</summary>
    private static unsafe void StandInFor(string entry)
    {
        Assembly.SetEntryAssembly(AssemblyLoadContext.Default.LoadFromAssemblyPath(entry));
        if (!OperatingSystem.IsLinux())
            return;

        // Of the calling thread, which is the main one: its name is the process's. By hand, as is the reading of numbers: here the first
        // item waits, and what searches, parses and encodes is loaded for a millisecond each.
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
        // Entered otherwise than by a hook: those that there are, are the program's own.
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
