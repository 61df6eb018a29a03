using System.Collections;
using System.Reflection;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>
/// How to start this program again as a worker. .NET cannot fork, so a worker is a new runtime with the same assemblies that does not run
/// the user's <c>Main</c>. It is started in one of two ways:
/// <list type="number">
/// <item>With <c>dotnet exec</c> of Tandem.Worker.dll, using the program's own dependencies and configuration.</item>
/// <item>With a startup hook in Tandem, which the host runs before <c>Main</c>: if there is no shared host or no such file
/// (self-contained and single-file programs, plug-ins), or if the program has startup hooks of its own. This is slower, because a runtime
/// loads and compiles code for 10 to 15 ms before it calls a hook.</item>
/// </list>
/// A module initializer in the user's assembly would be simpler. But it never returns, and the runtime lets no other thread run code of a
/// module whose initializer has not finished, so asynchronous work would wait forever.
/// </summary>
internal sealed class LaunchPlan
{
    private const string HookSwitch = "System.StartupHookProvider.IsSupported";

    // Guards s_current.
    private static readonly Lock Gate = new();
    private static LaunchPlan? s_current;

    private LaunchPlan(string executable, string[] arguments, string? hook)
    {
        Executable = executable;
        Arguments = arguments;
        Hook = hook;
    }

    /// <summary>Creates a plan for another program, which a hook makes a worker in addition to its own <c>Main</c>.</summary>
    internal LaunchPlan(string executable, string[] arguments, string hook, string folder)
        : this(executable, arguments, hook)
    {
        Folder = folder;
    }

    /// <summary>
    /// Creates a plan for another program whose assemblies and runtime a worker uses without ever running its <c>Main</c>.
    /// </summary>
    /// <param name="more">Folders of additional assemblies that the worker needs.</param>
    internal LaunchPlan(string executable, string[] arguments, string hook, IReadOnlyList<string> more)
        : this(executable, arguments, hook)
    {
        MoreFolders = more;
    }

    /// <summary>The program's entry assembly if Tandem.Worker replaces it as the entry; otherwise null.</summary>
    private string? Entry { get; init; }

    /// <summary>The program's base folder if a worker would otherwise use another one; null if the worker finds it itself.</summary>
    private string? BaseFolder { get; init; }

    /// <summary>Folders of additional assemblies that the worker needs.</summary>
    internal IReadOnlyList<string> MoreFolders { get; } = [];

    /// <summary>The current folder of the process; null to inherit this process's.</summary>
    internal string? Folder { get; }

    /// <summary>The executable to start.</summary>
    internal string Executable { get; }

    /// <summary>The arguments of the executable.</summary>
    internal string[] Arguments { get; }

    /// <summary>The startup hook to set; null if the executable is a worker by itself.</summary>
    private string? Hook { get; }

    /// <summary>Gets the plan for this program.</summary>
    /// <exception cref="WorkerStartException">This program cannot be started as a worker.</exception>
    internal static LaunchPlan Current
    {
        get
        {
            lock (Gate)
                return s_current ??= Find();
        }
    }

    /// <summary>A dummy plan, for warming up the code that uses plans while the real plan is being created.</summary>
    internal static LaunchPlan Dummy => new("/", ["/"], null);

    /// <summary>Returns this process's own environment.</summary>
    internal static Dictionary<string, string> OwnEnvironment()
    {
        var environment = new Dictionary<string, string>(EnvironmentNames.Comparer);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            environment[(string)variable.Key] = (string?)variable.Value ?? "";

        return environment;
    }

    /// <summary>Adds the variables that the plan needs.</summary>
    internal void AddVariables(Dictionary<string, string> environment)
    {
        if (Entry is not null)
            environment[LaunchProtocol.EntryVariable] = Entry;
        if (BaseFolder is not null)
            environment[LaunchProtocol.BaseFolderVariable] = BaseFolder;
        if (Hook is null)
            return;

        environment.TryGetValue(LaunchProtocol.HooksVariable, out string? former);
        // Our hook never returns, except in a guest program, so it comes last.
        environment[LaunchProtocol.HooksVariable] = string.IsNullOrEmpty(former) ? Hook : former + Path.PathSeparator + Hook;
        environment[LaunchProtocol.PreviousHooksVariable] = former ?? "";
    }

    private static LaunchPlan Find()
    {
        string executable = (OperatingSystem.IsLinux() ? Libc.ExecutablePath() : null) ?? Environment.ProcessPath
            ?? throw new WorkerStartException("The path of this program's executable is not known.");
        if (Assembly.GetEntryAssembly() is null)
        {
            throw new WorkerStartException(
                "This process was not started by a .NET program (it has no entry assembly), so no worker can be started in the same way. "
                + "Use WorkerPool.Threads.");
        }

        bool isMuxer = Path.GetFileNameWithoutExtension(executable).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        bool mayHook = !AppContext.TryGetSwitch(HookSwitch, out bool hooks) || hooks;
        // The program's own hooks run before any entry point and expect the program there. They cost as much as our hook.
        bool hasHooks = mayHook && !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(LaunchProtocol.HooksVariable));
        List<string>? options = ProgramFiles.FindHostOptions(isMuxer);
        string entry = ProgramFiles.Entry;
        if (!hasHooks && IsKnownToHost && entry.Length > 0 && options is not null
            && (isMuxer ? executable : FindMuxer()) is { } muxer && ProgramFiles.Worker is { } worker)
            return new LaunchPlan(muxer, ["exec", .. options, worker], null) { Entry = entry, BaseFolder = DifferentBaseFolder(worker) };

        if (mayHook)
            return new LaunchPlan(executable, isMuxer ? ["exec", .. options ?? [], entry] : [], HookName());

        throw new WorkerStartException(
            $"No worker can be started: startup hooks are switched off in this program ({HookSwitch} is false), and it cannot be started "
            + "with Tandem.Worker.dll either. Publish without PublishTrimmed and PublishAot, which workers do not support, or set "
            + "<StartupHookSupport>true</StartupHookSupport> in the project "
            + "(in a file-based program: #:property StartupHookSupport=true).");
    }

    /// <summary>
    /// Returns the program's base folder if a worker would use another one, namely that of its own entry assembly; otherwise null.
    /// </summary>
    private static string? DifferentBaseFolder(string worker)
    {
        string own = AppContext.BaseDirectory;
        return own == Path.GetDirectoryName(worker) + Path.DirectorySeparatorChar ? null : own;
    }

    /// <summary>Returns the assembly's name if the host knows Tandem, or its path if a plug-in has loaded it.</summary>
    private static string HookName() => IsKnownToHost ? nameof(Tandem) : OwnPath;

    private static bool IsKnownToHost => OwnPath.Length == 0 || ProgramFiles.Trusted($"{nameof(Tandem)}.dll") is not null;

    // Empty inside a single file.
    private static string OwnPath =>
#pragma warning disable IL3000
        typeof(LaunchPlan).Assembly.Location;
#pragma warning restore IL3000

    /// <summary>
    /// Returns the path of the shared host (dotnet) of this runtime; null in a self-contained program, which has its own host.
    /// </summary>
    internal static string? FindMuxer()
    {
        // The runtime is in HOST/shared/Microsoft.NETCore.App/VERSION.
        string runtime = Path.TrimEndingDirectorySeparator(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory());
        string shared = Path.GetFullPath(Path.Combine(runtime, "..", ".."));
        string muxer = Path.Combine(shared, "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return Path.GetFileName(shared) == "shared" && File.Exists(muxer) ? Path.GetFullPath(muxer) : null;
    }
}
