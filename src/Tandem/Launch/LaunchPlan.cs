using System.Collections;
using System.Globalization;
using System.Reflection;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>
/// How this program is started again as a worker. .NET cannot fork, so a worker is a fresh runtime with the same assemblies, entered
/// without running the user's <c>Main</c>:
/// <list type="number">
/// <item>by <c>dotnet exec</c> of Tandem.Worker.dll with the program's own dependencies and configuration;</item>
/// <item>by a startup hook in Tandem, which the host runs before <c>Main</c>, where there is no such host or file (self-contained and
/// single-file programs, plug-ins), and where the program has hooks of its own. It is the slower way: before a runtime calls a hook, it
/// loads and compiles for 10 to 15 ms.</item>
/// </list>
/// A module initializer in the user's assembly would be simpler, but it never returns, and the runtime lets no other thread run
/// code of a module whose initializer has not finished: asynchronous work would wait for ever.
/// </summary>
internal sealed class LaunchPlan : WorkerProgram
{
    private const string HookSwitch = "System.StartupHookProvider.IsSupported";

    private static readonly Lock Gate = new();
    private static LaunchPlan? s_current;

    private LaunchPlan(string executable, string[] arguments, string? hook)
    {
        Executable = executable;
        Arguments = arguments;
        Hook = hook;
    }

    /// <summary>A plan for another program, which a hook makes a worker without keeping it from its own <c>Main</c>.</summary>
    internal LaunchPlan(string executable, string[] arguments, string hook, string folder)
        : this(executable, arguments, hook)
    {
        Folder = folder;
        IsGuest = true;
    }

    /// <summary>A plan for another program, whose assemblies and runtime a worker uses without ever running its <c>Main</c>.</summary>
    /// <param name="more">Folders of assemblies that the worker needs besides.</param>
    internal LaunchPlan(string executable, string[] arguments, string hook, IReadOnlyList<string> more)
        : this(executable, arguments, hook)
    {
        MoreFolders = more;
    }

    internal override bool IsForeign => IsGuest;

    private bool IsGuest { get; }

    /// <summary>The program's entry assembly, where Tandem.Worker stands in its place.</summary>
    private string? Entry { get; init; }

    /// <summary>The folder that the program takes for its own, where a worker would not; null for the one that it finds itself.</summary>
    private string? BaseFolder { get; init; }

    private IReadOnlyList<string> MoreFolders { get; } = [];

    /// <summary>The current folder of the process; null for this process's own.</summary>
    internal string? Folder { get; }

    /// <summary>The program to run.</summary>
    internal string Executable { get; }

    /// <summary>Its arguments.</summary>
    internal string[] Arguments { get; }

    /// <summary>The startup hook to set; null where the executable is a worker by itself.</summary>
    private string? Hook { get; }

    /// <summary>The plan for this process.</summary>
    /// <exception cref="WorkerStartException">This program cannot be started as a worker.</exception>
    internal static LaunchPlan Current
    {
        get
        {
            lock (Gate)
                return s_current ??= Find();
        }
    }

    /// <summary>A plan that nobody carries out, for loading what plans need while the real one is found.</summary>
    internal static LaunchPlan Sample => new("/", ["/"], null);

    /// <summary>This process's own environment.</summary>
    internal static Dictionary<string, string> OwnEnvironment()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            environment[(string)variable.Key] = (string?)variable.Value ?? "";

        return environment;
    }

    /// <summary>The environment of a worker: this process's own, the pool's additions, and what the worker needs to know.</summary>
    internal Dictionary<string, string> CreateEnvironment(ProcessPoolOptions options, string transport, int depth, int depthLimit)
    {
        Dictionary<string, string> environment = OwnEnvironment();
        if (!IsGuest)
            SetCollector(options, environment);

        DiagnosticFiles.RequestDumps(options, environment);

        foreach ((string name, string? value) in options.Environment)
        {
            if (value is null)
                environment.Remove(name);
            else
                environment[name] = value;
        }

        environment[LaunchProtocol.WorkerVariable] = transport;
        environment[LaunchProtocol.DepthVariable] = (depth + 1).ToString(CultureInfo.InvariantCulture);
        environment[LaunchProtocol.DepthLimitVariable] = depthLimit.ToString(CultureInfo.InvariantCulture);
        environment[LaunchProtocol.ParentVariable] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        environment[LaunchProtocol.ConcurrencyVariable] = options.ConcurrencyPerWorker.ToString(CultureInfo.InvariantCulture);
        if (!IsGuest)
            environment[LaunchProtocol.FoldersVariable] = PlugIns.Folders(MoreFolders);
        if (Entry is not null)
            environment[LaunchProtocol.EntryVariable] = Entry;
        if (BaseFolder is not null)
            environment[LaunchProtocol.BaseFolderVariable] = BaseFolder;
        if (Hook is not null)
        {
            environment.TryGetValue(LaunchProtocol.HooksVariable, out string? former);
            // Ours never returns, unless for a guest, so it comes last.
            environment[LaunchProtocol.HooksVariable] = string.IsNullOrEmpty(former) ? Hook : former + Path.PathSeparator + Hook;
            environment[LaunchProtocol.FormerHooksVariable] = former ?? "";
        }

        return environment;
    }

    private static void SetCollector(ProcessPoolOptions options, Dictionary<string, string> environment)
    {
        // A worker is one of many: one heap, without a background collector thread. The pool's own settings, which come later, win.
        environment["DOTNET_gcServer"] = "0";
        environment["DOTNET_gcConcurrent"] = "0";
        // Arguments and results live shortly. In the large object heap each of them would cost a full collection and fresh pages;
        // in a first generation of 64 MiB they cost neither.
        environment.TryAdd("DOTNET_GCLOHThreshold", "0x2000000");
        environment.TryAdd("DOTNET_GCgen0size", FirstGeneration(options).ToString("x", CultureInfo.InvariantCulture));
    }

    /// <summary>Less garbage may lie about where a worker's memory is limited.</summary>
    private static long FirstGeneration(ProcessPoolOptions options)
    {
        const long Largest = 64 << 20;
        const long Smallest = 1 << 20;
        long limit = options.MaxWorkerMemory ?? long.MaxValue;
        if (options.ItemDefaults is { MaxMemory: > 0 and var item })
            limit = Math.Min(limit, item);

        return Math.Clamp(limit / 16, Smallest, Largest);
    }

    private static LaunchPlan Find()
    {
        string executable = (OperatingSystem.IsLinux() ? Libc.ExecutablePath() : null) ?? Environment.ProcessPath ?? throw new WorkerStartException("The path of this program's executable is not known.");
        if (Assembly.GetEntryAssembly() is null)
        {
            throw new WorkerStartException(
                "This process was not started by a .NET program (it has no entry assembly), so no worker can be started like it. Use WorkerPool.Threads.");
        }

        bool isMuxer = Path.GetFileNameWithoutExtension(executable).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        bool mayHook = !AppContext.TryGetSwitch(HookSwitch, out bool hooks) || hooks;
        // The program's own hooks run before any entry, and are to find the program there. They cost what ours does, too.
        bool hasHooks = mayHook && !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(LaunchProtocol.HooksVariable));
        List<string>? options = ProgramFiles.FindHostOptions(isMuxer);
        string entry = ProgramFiles.Entry;
        if (!hasHooks && IsKnownToHost && entry.Length > 0 && options is not null && (isMuxer ? executable : FindMuxer()) is { } muxer && ProgramFiles.Worker is { } worker)
            return new LaunchPlan(muxer, ["exec", .. options, worker], null) { Entry = entry, BaseFolder = DifferentBaseFolder(worker) };

        if (mayHook)
            return new LaunchPlan(executable, isMuxer ? ["exec", .. options ?? [], entry] : [], HookName());

        throw new WorkerStartException(
            $"No worker can be started: startup hooks are switched off in this program ({HookSwitch} is false), and it cannot be started "
            + "through Tandem.Worker.dll either. Publish without PublishTrimmed and PublishAot, which workers do not support, or set "
            + "<StartupHookSupport>true</StartupHookSupport> in the project (in a file-based program: #:property StartupHookSupport=true).");
    }

    /// <summary>The program's folder, where a worker would take another one for it: that of its own entry.</summary>
    private static string? DifferentBaseFolder(string worker)
    {
        string own = AppContext.BaseDirectory;
        return own == Path.GetDirectoryName(worker) + Path.DirectorySeparatorChar ? null : own;
    }

    /// <summary>By name where the host knows Tandem, by path where a plug-in brought it.</summary>
    private static string HookName() => IsKnownToHost ? nameof(Tandem) : OwnPath;

    private static bool IsKnownToHost => OwnPath.Length == 0 || ProgramFiles.Trusted($"{nameof(Tandem)}.dll") is not null;

    // Empty inside a single file.
    private static string OwnPath =>
#pragma warning disable IL3000
        typeof(LaunchPlan).Assembly.Location;
#pragma warning restore IL3000

    /// <summary>The host that all programs of this runtime share; null in a self-contained program, which has its own.</summary>
    internal static string? FindMuxer()
    {
        // The runtime lies in HOST/shared/Microsoft.NETCore.App/VERSION.
        string runtime = Path.TrimEndingDirectorySeparator(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory());
        string shared = Path.GetFullPath(Path.Combine(runtime, "..", ".."));
        string muxer = Path.Combine(shared, "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return Path.GetFileName(shared) == "shared" && File.Exists(muxer) ? Path.GetFullPath(muxer) : null;
    }
}
