using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Diagnostics.Runtime;
using Tandem.Interop;

namespace Tandem.Diagnostics;

/// <summary>Reads the stacks of all threads of a process, repeatedly, with little effect on the process.</summary>
/// <remarks>
/// The process is stopped only while its threads' registers and stacks are copied. Everything else is done while it runs: loading the
/// debugging library, walking the copies, finding names and lines.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class ProcessStacks : IDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromMilliseconds(60);

    /// <summary>How often to walk a stack again in which no frame of .NET was found.</summary>
    private const int WalksAgain = 2;

    /// <summary>The same if one thread was asked for. Of all threads, some never have such a frame, and each sample would take longer.</summary>
    private const int WalksOfOneAgain = 7;

    /// <summary>The pause before each walk after the first ones, in microseconds.</summary>
    private const uint PauseOfWalks = 20_000;

    private readonly int _processId; // the process
    private readonly DataTarget _attached; // reads the running process
    private readonly DataTarget _target; // reads through _reader
    private readonly StoppedReader _reader; // replaces stacks and registers by the copies
    private readonly ClrRuntime _runtime; // the runtime of the process
    private readonly FrameNames _names; // adds names, after the process continues
    private ulong[] _runtimeThreads = []; // the addresses of the runtime's data about its threads

    private ProcessStacks(int processId, DataTarget attached, StoppedReader reader, DataTarget target, ClrRuntime runtime)
    {
        _processId = processId;
        _attached = attached;
        _reader = reader;
        _target = target;
        _runtime = runtime;
        _names = new FrameNames(processId);
    }

    /// <summary>Attaches to a process.</summary>
    /// <exception cref="StackException">There is no such process, it does not run .NET, or this user may not inspect it.</exception>
    internal static ProcessStacks Open(int processId)
    {
        if (!Directory.Exists($"/proc/{processId}"))
            throw new StackException(string.Create(CultureInfo.InvariantCulture, $"there is no process {processId}."));

        if (processId == Environment.ProcessId)
            throw new StackException("a process cannot stop itself to read its own stacks.");

        return Guard(processId, () => Prepare(processId));
    }

    /// <summary>Reads the stacks.</summary>
    /// <param name="only">The thread to read; null for all.</param>
    /// <exception cref="StackException">The process has exited meanwhile, or this user may not inspect it.</exception>
    internal StackSample Take(int? only = null) => Guard(_processId, () =>
    {
        // The runtime's threads must be known before their data is copied.
        _reader.Copies = new StackCopies();
        _runtime.FlushCachedData();
        _runtimeThreads = [.. _runtime.Threads.Select(static thread => thread.Address)];
        HashSet<int> known = [.. _runtime.Threads.Select(static thread => (int)thread.OSThreadId)];
        MemoryMap map = MemoryMap.Of(_processId);
        List<ThreadInFlight> threads = ThreadInFlight.Of(_processId, only);
        if (only is { } wanted && threads.Count == 0)
            throw new StackException(string.Create(CultureInfo.InvariantCulture, $"process {_processId} has no thread {wanted}."));

        (_reader.Registers, _reader.Copies, TimeSpan pause) = Copy(_processId, map, _runtimeThreads);
        Walk(threads);
        // The copies show a single moment, but the descriptions of methods and threads are read while the process runs, and may change
        // during a walk. So a thread that the runtime knows is walked again if no frame of .NET was found. A thread may really have none.
        for (int i = 0; i < (only is null ? WalksAgain : WalksOfOneAgain); i++)
        {
            List<ThreadInFlight> without = threads.FindAll(thread => known.Contains(thread.Id) && !thread.IsManaged);
            if (without.Count == 0)
                break;
            // On a busy machine, the thread that changes a description may lack a processor for a while.
            if (i >= WalksAgain)
                _ = Libc.SleepMicroseconds(PauseOfWalks);
            Walk(without);
        }

        return new StackSample(_processId, pause, [.. threads.Select(thread => _names.Describe(thread, map))]);
    });

    /// <summary>Walks the copies of threads' stacks.</summary>
    private void Walk(List<ThreadInFlight> threads)
    {
        _runtime.FlushCachedData();
        Dictionary<int, ClrThread> managed = [];
        foreach (ClrThread thread in _runtime.Threads)
        {
            if (thread.IsAlive)
                managed[(int)thread.OSThreadId] = thread;
        }

        foreach (ThreadInFlight thread in threads)
        {
            if (_reader.Registers.TryGetValue(thread.Id, out ThreadRegisters? registers))
                thread.Walk(registers, managed.GetValueOrDefault(thread.Id), _runtime);
        }
    }

    public void Dispose()
    {
        _runtime.Dispose();
        _target.Dispose();
        _attached.Dispose();
    }

    private static ProcessStacks Prepare(int processId)
    {
        // A first copy checks the user's rights before anything expensive is done, and makes the runtime compile the code for it.
        Copy(processId, MemoryMap.Of(processId), []);
        DataTarget attached = DataTarget.AttachToProcess(processId, suspend: false);
        var reader = new StoppedReader(attached.DataReader);
        var target = new DataTarget(new NonThrowingReader(reader), new DataTargetOptions());
        try
        {
            ClrRuntime runtime = CreateRuntime(processId, target);
            return new ProcessStacks(processId, attached, reader, target, runtime);
        }
        catch
        {
            target.Dispose();
            attached.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Stops the process, copies, and continues it. This runs on a dedicated thread, because the system releases the process when the
    /// tracing thread exits, whatever happens.
    /// </summary>
    private static (Dictionary<int, ThreadRegisters> Registers, StackCopies Copies, TimeSpan Pause) Copy(
        int processId, MemoryMap map, ulong[] runtimeThreads)
    {
        Dictionary<int, ThreadRegisters> registers = [];
        var copies = new StackCopies();
        TimeSpan pause = default;
        ExceptionDispatchInfo? error = null;
        var thread = new Thread(() =>
        {
            try
            {
                Libc.SetHighestPriority();
                long start = Stopwatch.GetTimestamp();
                using (StoppedProcess process = StoppedProcess.Stop(processId, StopLimit))
                {
                    registers = process.Registers;
                    copies = StackCopies.Take(processId, registers, map, runtimeThreads);
                }

                pause = Stopwatch.GetElapsedTime(start);
            }
            catch (Exception e)
            {
                error = ExceptionDispatchInfo.Capture(e);
            }
        })
        {
            IsBackground = true,
            Name = "Tandem stacks",
        };
        thread.Start();
        thread.Join();
        error?.Throw();
        return (registers, copies, pause);
    }

    private static ClrRuntime CreateRuntime(int processId, DataTarget target)
    {
        if (target.ClrVersions.Length == 0)
            throw new StackException(string.Create(
                CultureInfo.InvariantCulture, $"process {processId} is not a .NET process: it has not loaded a .NET runtime."));

        ClrInfo info = target.ClrVersions[0];
        if (info.Version.Major is > 0 and < 5)
        {
            throw new StackException(string.Create(
                CultureInfo.InvariantCulture,
                $"process {processId} runs .NET {info.Version}, which is too old: .NET 5 is the first version whose stacks can be read."));
        }

        string beside = Path.Combine(Path.GetDirectoryName(info.ModuleInfo.FileName) ?? "/", StackWalk.DebuggingLibrary);
        // A single-file program does not contain the library, but this program's own library may be of the same version.
        string own = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), StackWalk.DebuggingLibrary);
        string? library = File.Exists(beside) ? beside : IsOwn(info.Version) && File.Exists(own) ? own : null;
        return library is not null
            ? info.CreateRuntime(library, ignoreMismatch: true)
            : throw new StackException(string.Create(
                CultureInfo.InvariantCulture,
                $"process {processId} runs .NET {info.Version} without its debugging library ({beside}), "
                + $"which is needed to read its stacks; "
                + $"a single-file program does not contain it. Run tandem with that version of .NET (DOTNET_ROOT)."));
    }

    private static bool IsOwn(Version version) =>
        version.Major == Environment.Version.Major
            && version.Minor == Environment.Version.Minor
            && version.Build == Environment.Version.Build;

    private static T Guard<T>(int processId, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (HasEnded(processId) || (e is not (StackException or UnauthorizedAccessException) && IsEnding(processId)))
        {
            throw new StackException(string.Create(CultureInfo.InvariantCulture, $"process {processId} has exited meanwhile."), e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StackException(TraceRights.Explain(processId, TraceRights.AccessDenied), e);
        }
        catch (Exception e) when (e is not StackException)
        {
            throw new StackException($"the stacks of process {processId} could not be read: {e.GetType().Name}: {e.Message}", e);
        }
    }

    /// <summary>
    /// Whether a process is about to exit: a killed process releases its memory, thread by thread, before its exit is visible. On a busy
    /// machine each of its threads waits for a processor.
    /// </summary>
    private static bool IsEnding(int processId) => SpinWait.SpinUntil(() => HasEnded(processId), TimeSpan.FromSeconds(5));

    private static bool HasEnded(int processId) => ProcStat.OfProcess(processId)?.HasEnded ?? !Directory.Exists($"/proc/{processId}");
}
