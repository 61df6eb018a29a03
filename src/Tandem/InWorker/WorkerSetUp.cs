using System.Reflection;
using System.Runtime.Loader;
using Tandem.Interop;
using Tandem.Invocation;
using Tandem.Launch;
using Tandem.WarmUp;

namespace Tandem.InWorker;

/// <summary>
/// What a worker process does to itself before any user code runs in it: <see cref="Run"/> and <see cref="RunForGuest"/> list the steps in
/// their order. A new step is a method of this class, or of its own class, and one line in a list.
/// </summary>
/// <remarks>
/// The first item waits for these steps. They avoid library methods that search, parse or encode, because loading such code takes about a
/// millisecond each.
/// </remarks>
internal sealed class WorkerSetUp
{
    private readonly string _address;
    private readonly int _parent; // the parent's process id

    private WorkerSetUp(string address)
    {
        _address = address;
        _parent = ReadNumber(LaunchProtocol.ParentVariable);
        Concurrency = ReadNumber(LaunchProtocol.ConcurrencyVariable);
    }

    /// <summary>How many items the worker runs concurrently.</summary>
    internal int Concurrency { get; }

    /// <summary>What to do with methods that the parent defines ahead.</summary>
    internal Action<RemoteMethod>? OnDefinedAhead { get; private set; }

    /// <summary>Sets this process up as a worker that exits with its parent.</summary>
    /// <param name="address">What to connect to: the value of <see cref="LaunchProtocol.WorkerVariable"/>.</param>
    internal static WorkerSetUp Run(string address)
    {
        var setUp = new WorkerSetUp(address);
        ProcessRole.IsWorker = true;
        OutputEncoding.UseUtf8();
        PlugIns.Probe(Environment.GetEnvironmentVariable(LaunchProtocol.FoldersVariable));
        setUp.BeginWarmUp();
        TakeProgramIdentity();
        TakeBaseFolder();
        CleanEnvironment();
        setUp.TieToParent();
        // Steps that restrict the process belong here: everything that the steps above need was opened, and no user code has run.
        return setUp;
    }

    /// <summary>Sets this process up as a worker beside a program's own <c>Main</c>, which has not run yet.</summary>
    internal static void RunForGuest()
    {
        ProcessRole.IsWorker = true;
        OutputEncoding.UseUtf8();
        CleanEnvironment();
        ResetNesting();
    }

    private void BeginWarmUp()
    {
        // The only place in a worker that knows of warm-up. Without this line nothing changes but time: the first call of a program takes
        // about 20 ms longer, and the first call of a spare that has stepped in about 1 ms longer.
        OnDefinedAhead = WorkerWarmUp.Begin(static link => new WorkerLoop(link, 1).Handle);
    }

    /// <summary>Makes this process look like the program to user code and to tools that list processes.</summary>
    private static unsafe void TakeProgramIdentity()
    {
        if (Environment.GetEnvironmentVariable(LaunchProtocol.EntryVariable) is not { } entry)
            return;

        Assembly.SetEntryAssembly(AssemblyLoadContext.Default.LoadFromAssemblyPath(entry));
        if (!OperatingSystem.IsLinux())
            return;

        // Names the calling thread, which is the main thread and so names the process.
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

    private static void TakeBaseFolder()
    {
        if (Environment.GetEnvironmentVariable(LaunchProtocol.BaseFolderVariable) is { } folder)
            AppContext.SetData("APP_CONTEXT_BASE_DIRECTORY", folder);
    }

    /// <summary>Removes the variables of the launch, which are not meant for processes that user code starts.</summary>
    private static void CleanEnvironment()
    {
        // If the worker was not started by a hook, the hooks in the environment are the program's own and stay.
        if (Environment.GetEnvironmentVariable(LaunchProtocol.EntryVariable) is null)
        {
            string? former = Environment.GetEnvironmentVariable(LaunchProtocol.PreviousHooksVariable);
            Environment.SetEnvironmentVariable(LaunchProtocol.HooksVariable, string.IsNullOrEmpty(former) ? null : former);
            Environment.SetEnvironmentVariable(LaunchProtocol.PreviousHooksVariable, null);
        }

        Environment.SetEnvironmentVariable(LaunchProtocol.WorkerVariable, null);
        Environment.SetEnvironmentVariable(LaunchProtocol.ParentVariable, null);
        Environment.SetEnvironmentVariable(LaunchProtocol.ConcurrencyVariable, null);
        Environment.SetEnvironmentVariable(LaunchProtocol.FoldersVariable, null);
        Environment.SetEnvironmentVariable(LaunchProtocol.EntryVariable, null);
        Environment.SetEnvironmentVariable(LaunchProtocol.BaseFolderVariable, null);
    }

    /// <summary>The program itself is not nested in a pool: the depth of its own pools starts at zero.</summary>
    private static void ResetNesting()
    {
        Environment.SetEnvironmentVariable(LaunchProtocol.DepthVariable, null);
        Environment.SetEnvironmentVariable(LaunchProtocol.DepthLimitVariable, null);
    }

    /// <summary>Makes this process exit with its parent, and its children exit with it.</summary>
    private void TieToParent()
    {
        if (_address == LaunchProtocol.SharedMemory)
        {
            // A backup for the control socket: it also kills a worker whose runtime is blocked. The parent may have exited before this.
            ParentDeath.Arm();
            if (Libc.GetParentPid() != _parent)
                Libc.ExitNow(LaunchProtocol.OrphanExitCode);
        }
        else if (!OperatingSystem.IsWindows())
        {
            // Use a separate process group, so that Ctrl-C reaches the worker only through its parent, and its children are killed with it.
            _ = Libc.SetProcessGroup(0, 0);
            ParentWatch.Begin(_parent);
        }
    }

    private static int ReadNumber(string variable)
    {
        int number = 0;
        foreach (char digit in Environment.GetEnvironmentVariable(variable)!)
            number = number * 10 + (digit - '0');

        return number;
    }
}
