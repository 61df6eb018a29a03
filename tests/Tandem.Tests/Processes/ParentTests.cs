using System.Runtime.InteropServices;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Processes;

/// <summary>What is left of a program's workers when the program ends, in whatever way.</summary>
public partial class ParentTests
{
    public static TheoryData<string, string> KindsAndWork => new()
    {
        { "shared-memory", "idle" },
        { "shared-memory", "busy" },
        { "mapped-memory", "idle" },
        { "portable", "idle" },
        { "mapped-memory", "busy" },
        { "portable", "busy" },
    };

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(KindsAndWork))]
    public async Task Of_a_killed_program_no_worker_is_left(string kind, string work)
    {
        SkipWhereUnsupported(kind);
        using HostProgram program = HostProgram.Start("hold", kind, work);
        int[] workers = await program.WorkersAsync();
        Assert.All(workers, pid => Assert.True(ProcFs.IsAlive(pid)));

        Deaths.Kill(program.Id);

        await AssertGoneAsync(workers);
    }

    /// <summary>What workers do when their program is killed, and whether the portable transport promises anything then.</summary>
    public static TheoryData<string, string> KindsAndStates => new()
    {
        { "shared-memory", "idle" },
        { "shared-memory", "busy" },
        { "shared-memory", "native" },
        { "shared-memory", "suspended" },
        { "shared-memory", "stopped" },
        { "mapped-memory", "idle" },
        { "portable", "idle" },
        { "mapped-memory", "busy" },
        { "portable", "busy" },
        { "mapped-memory", "native" },
        { "portable", "native" },
    };

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(KindsAndStates))]
    public async Task Of_a_killed_program_no_child_of_a_worker_is_left(string kind, string state)
    {
        SkipWhereUnsupported(kind);
        Assert.SkipWhen(OperatingSystem.IsWindows() && state == "native", "Waits in the C library of Unix.");
        using HostProgram program = HostProgram.Start("parents", kind, state);
        int[] processes = await program.WorkersAsync(); // and their children
        Assert.Equal(4, processes.Length);
        Assert.All(processes, pid => Assert.True(ProcFs.IsAlive(pid)));

        Deaths.Kill(program.Id);

        await AssertGoneAsync(processes);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(WorkerTransport.SharedMemory, "crash")]
    [InlineData(WorkerTransport.SharedMemory, "exit")]
    [InlineData(WorkerTransport.SharedMemory, "stop")]
    [InlineData(WorkerTransport.MappedMemory, "crash")]
    [InlineData(WorkerTransport.Portable, "crash")]
    [InlineData(WorkerTransport.MappedMemory, "exit")]
    [InlineData(WorkerTransport.Portable, "exit")]
    [InlineData(WorkerTransport.MappedMemory, "stop")]
    [InlineData(WorkerTransport.Portable, "stop")]
    public async Task Of_a_worker_that_ends_no_child_is_left(WorkerTransport transport, string end)
    {
        SkipWhereUnsupported(transport == WorkerTransport.SharedMemory ? "shared-memory" : "portable");
        WorkerPool pool = WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 1, Transport = transport });
        await using (pool)
        {
            int child = await pool.RunAsync(static () =>
            {
                using System.Diagnostics.Process started = Deaths.StartSleeper();
                return started.Id;
            });
            Assert.True(ProcFs.IsAlive(child));

            if (end == "stop")
                await pool.DisposeAsync();
            else
                await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(() => Deaths.Die(end == "crash" ? Death.Killed : Death.ExitZero)));

            await AssertGoneAsync([child]);
        }
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("shared-memory")]
    [InlineData("mapped-memory")]
    [InlineData("portable")]
    public async Task Of_many_workers_no_child_is_left(string kind)
    {
        SkipWhereUnsupported(kind);
        const int Workers = 8;
        using HostProgram program = HostProgram.Start("parents", kind, "busy", workers: Workers);
        int[] processes = await program.WorkersAsync();
        Assert.Equal(2 * Workers, processes.Length);

        Deaths.Kill(program.Id);

        await AssertGoneAsync(processes);
    }

    /// <summary>The worker cannot read the end of its pipe then.</summary>
    [Theory(Timeout = Limits.Test)]
    [InlineData("shared-memory")]
    [InlineData("portable")]
    public async Task Of_a_killed_program_no_worker_is_left_although_another_process_has_its_pipes(string kind)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc.");
        using HostProgram program = HostProgram.Start("inheritance", kind);
        int[] processes = await program.WorkersAsync();
        (int worker, int heir) = (processes[0], processes[1]);
        try
        {
            Assert.True(ProcFs.IsAlive(worker));

            Deaths.Kill(program.Id);

            await AssertGoneAsync([worker]);
            Assert.True(ProcFs.IsAlive(heir));
        }
        finally
        {
            Deaths.TryKill(heir);
        }
    }

    /// <summary>.NET aborts a process that uses cryptography where OpenSSL is missing.</summary>
    [Theory(Timeout = Limits.Test)]
    [InlineData("threads")]
    [InlineData("shared-memory")]
    [InlineData("portable")]
    public async Task Neither_a_program_nor_its_workers_need_OpenSSL(string kind)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc.");
        using HostProgram program = HostProgram.Start("libraries", kind);

        Assert.Equal("OpenSSL: ", await program.ReadLineAsync());
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(KindsAndWork))]
    public async Task A_program_that_forgets_to_dispose_its_pool_exits(string kind, string work)
    {
        SkipWhereUnsupported(kind);
        using HostProgram program = HostProgram.Start("forget", kind, work);
        int[] workers = await program.WorkersAsync();

        Assert.Equal(0, await program.ExitCodeAsync());
        await AssertGoneAsync(workers);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("idle")]
    [InlineData("busy")]
    public async Task A_program_that_forgets_to_dispose_its_threads_exits(string work)
    {
        using HostProgram program = HostProgram.Start("forget", "threads", work);
        await program.WorkersAsync();

        Assert.Equal(0, await program.ExitCodeAsync());
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(KindsAndWork))]
    public async Task Of_a_program_that_calls_exit_no_worker_is_left(string kind, string work)
    {
        SkipWhereUnsupported(kind);
        using HostProgram program = HostProgram.Start("exit", kind, work);
        int[] workers = await program.WorkersAsync();

        Assert.Equal(3, await program.ExitCodeAsync());
        await AssertGoneAsync(workers);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("shared-memory")]
    [InlineData("mapped-memory")]
    [InlineData("portable")]
    public async Task Of_a_program_that_fails_no_worker_is_left(string kind)
    {
        SkipWhereUnsupported(kind);
        using HostProgram program = HostProgram.Start("throw", kind, "busy");
        int[] workers = await program.WorkersAsync();

        Assert.Equal(ExpectedExit.UnhandledException.ProcessExitCode, await program.ExitCodeAsync());
        await AssertGoneAsync(workers);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("shared-memory")]
    [InlineData("mapped-memory")]
    [InlineData("portable")]
    public async Task A_worker_never_runs_Main(string kind)
    {
        SkipWhereUnsupported(kind);
        using var scratch = new Scratch();
        Trail traces = scratch.Trail();
        using HostProgram program = HostProgram.Start("nest", kind, "1", traces.Folder);

        Assert.Equal("bottom <", await program.ReadLineAsync());
        Assert.Equal(0, await program.ExitCodeAsync());
        Assert.Equal($"{program.Id}", Assert.Single(traces.Names));
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("shared-memory")]
    [InlineData("mapped-memory")]
    [InlineData("portable")]
    public async Task Pools_nest_to_the_limit_and_say_so_beyond(string kind)
    {
        SkipWhereUnsupported(kind);
        using HostProgram program = HostProgram.Start("nest", kind, "2");

        string said = await program.ReadLineAsync();
        Assert.StartsWith("refused: ", said, StringComparison.Ordinal);
        Assert.EndsWith(" < <", said, StringComparison.Ordinal);
        Assert.Contains(nameof(ProcessPoolOptions.MaxNesting), said, StringComparison.Ordinal);
        Assert.Contains("nested 2 deep", said, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_nesting_limit_of_the_outermost_pool_holds()
    {
        await using WorkerPool pool = WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 1, MaxNesting = 1 });

        WorkerStartException refused = await Assert.ThrowsAsync<WorkerStartException>(() => pool.RunAsync(static () =>
        {
            using var inner = new Disposer(WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 1, MaxNesting = 16 }));
        }));

        Assert.Contains("nested 1 deep", refused.Message, StringComparison.Ordinal);
        await pool.RunAsync(static async () =>
        {
            await using WorkerPool threads = WorkerPool.Threads(1);
            await threads.RunAsync(static () => { });
        });
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("shared-memory")]
    [InlineData("mapped-memory")]
    [InlineData("portable")]
    public async Task An_interrupt_from_the_terminal_reaches_the_program_only(string kind)
    {
        SkipWhereUnsupported(kind);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no process groups; a worker has a console of its own.");
        using HostProgram program = HostProgram.Start("hold", kind);
        int[] workers = await program.WorkersAsync();
        int group = GetProcessGroup(program.Id);

        // A terminal signals its whole foreground group; each worker leads a group of its own.
        Assert.All(workers, pid => Assert.Equal(pid, GetProcessGroup(pid)));
        Assert.DoesNotContain(group, workers);
    }

    private static void SkipWhereUnsupported(string kind) =>
        Assert.SkipWhen(kind == "shared-memory" && !OperatingSystem.IsLinux(), "Only Linux has this transport.");

    private static Task AssertGoneAsync(int[] workers) =>
        Eventually.Async(() => !workers.Any(ProcFs.IsAlive), otherwise: () => $"Alive: {string.Join(' ', workers.Where(ProcFs.IsAlive))}.");

    [LibraryImport("libc", EntryPoint = "getpgid")]
    private static partial int GetProcessGroup(int pid);

    private sealed class Disposer(WorkerPool pool) : IDisposable
    {
        public void Dispose() => pool.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
