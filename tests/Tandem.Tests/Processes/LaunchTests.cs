using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using Tandem.Interop;
using Tandem.Launch;

namespace Tandem.Tests.Processes
{
    /// <summary>A worker process as the system, and what else enters it, see it.</summary>
    public sealed class LaunchTests
    {
        private const int LongestName = 15; // TASK_COMM_LEN without the end

        internal const string HookMark = "Tandem.Tests.StartupHook";

        public static TheoryData<WorkerTransport> Transports => new() { WorkerTransport.SharedMemory, WorkerTransport.MappedMemory, WorkerTransport.Portable };

        [Theory(Timeout = Limits.Test)]
        [MemberData(nameof(Transports))]
        public async Task A_worker_has_the_name_of_the_program(WorkerTransport transport)
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux lets a process name itself.");
            await using WorkerPool pool = WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 1, Transport = transport });
            string program = Assembly.GetEntryAssembly()!.GetName().Name!;

            string name = await pool.RunAsync(static () => File.ReadAllText("/proc/self/comm").Trim());

            Assert.Equal(program[..Math.Min(program.Length, LongestName)], name);
        }

        /// <summary>Each launcher with each link that it can serve.</summary>
        public static TheoryData<WorkerTransport, bool> Pairs => new()
        {
            { WorkerTransport.SharedMemory, true },
            { WorkerTransport.MappedMemory, true },
            { WorkerTransport.MappedMemory, false },
            { WorkerTransport.Portable, true },
            { WorkerTransport.Portable, false },
        };

        [Theory(Timeout = Limits.Test)]
        [MemberData(nameof(Pairs))]
        public async Task Workers_run_crash_and_end_alike_with_each_launcher_and_link(WorkerTransport transport, bool usesSpawn)
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems have one launcher.");
            var options = new ProcessPoolOptions
            {
                MaxWorkers = 1,
                Transport = transport,
                UsesSpawn = usesSpawn,
                LoggerFactory = NullLoggerFactory.Instance,
            };
            int second;
            await using (WorkerPool pool = WorkerPool.Create(options))
            {
                int first = await pool.RunAsync(static () => Environment.ProcessId);
                Assert.Equal(3_000_000, await pool.RunAsync(static (bytes, _) => Task.FromResult(bytes.Length), new byte[3_000_000]));

                WorkerCrashedException crash = await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () => Environment.FailFast("a crash")));
                Assert.Equal(first, crash.ProcessId);
                Assert.Contains("a crash", crash.Message, StringComparison.Ordinal);

                second = await pool.RunAsync(static () => Environment.ProcessId);
                Assert.NotEqual(first, second);
            }

            Assert.False(ProcFs.IsAlive(second));
        }

        public static TheoryData<bool> Launchers => new() { true, false };

        /// <summary>Timers kill workers that have meanwhile exited, and an exception there would end the program.</summary>
        [Theory(Timeout = Limits.Test)]
        [MemberData(nameof(Launchers))]
        public async Task A_process_that_has_exited_can_be_ended_without_effect(bool usesSpawn)
        {
            Assert.SkipUnless(OperatingSystem.IsLinux() || !usesSpawn, "Other systems have one launcher.");
            using ProcessLauncher launcher = usesSpawn ? new LinuxProcessHub("test") : new PortableLauncher();
            (WorkerProcess process, ExitStatus status, _) = await RunAsync(launcher, "exit 5", Path.GetTempPath());

            Assert.Equal(5, status.Code);
            End();
            process.Dispose();
            End();

            void End()
            {
                process.Terminate();
                process.Kill();
                process.SetLowestPriority();
            }
        }

        [Theory(Timeout = Limits.Test)]
        [MemberData(nameof(Launchers))]
        public async Task A_program_starts_in_the_folder_of_its_plan(bool usesSpawn)
        {
            Assert.SkipUnless(OperatingSystem.IsLinux() || !usesSpawn, "Other systems have one launcher.");
            using var scratch = new Infrastructure.Scratch();
            using ProcessLauncher launcher = usesSpawn ? new LinuxProcessHub("test") : new PortableLauncher();

            (WorkerProcess process, ExitStatus status, string[] output) = await RunAsync(launcher, OperatingSystem.IsWindows() ? "cd" : "pwd -P", scratch.Folder);

            process.Dispose();
            Assert.Equal(0, status.Code);
            Assert.Equal(Path.GetFileName(scratch.Folder), Path.GetFileName(Assert.Single(output)));
        }

        [Fact]
        public void A_C_library_that_cannot_start_programs_in_a_folder_is_told()
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has this launcher.");
            AppContext.SetSwitch(SpawnCall.EarlierLibrarySwitch, true); // only this class starts programs in a folder here
            try
            {
                WorkerStartException error = Assert.Throws<WorkerStartException>(
                    () => new SpawnCall(new LaunchPlan("/bin/true", [], hook: "", "/tmp"), [], [0]).Dispose());

                Assert.Contains("'/tmp'", error.Message, StringComparison.Ordinal);
                Assert.Contains("glibc 2.29", error.Message, StringComparison.Ordinal);
            }
            finally
            {
                AppContext.SetSwitch(SpawnCall.EarlierLibrarySwitch, false);
            }
        }

        /// <summary>Runs a command of the shell and waits for its exit.</summary>
        private static async Task<(WorkerProcess Process, ExitStatus Status, string[] Output)> RunAsync(ProcessLauncher launcher, string command, string folder)
        {
            (string shell, string option) = OperatingSystem.IsWindows() ? ("cmd.exe", "/c") : ("/bin/sh", "-c");
            var observer = new ExitObserver();
            var started = new TaskCompletionSource<WorkerProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
            launcher.Post(() =>
            {
                try
                {
                    started.SetResult(launcher.Start(new LaunchPlan(shell, [option, command], hook: "", folder), LaunchPlan.OwnEnvironment(), [], observer));
                }
                catch (Exception e)
                {
                    started.SetException(e);
                }
            });
            WorkerProcess process = await started.Task;
            ExitStatus status = await observer.Exited.Task;
            return (process, status, [.. observer.Lines]);
        }

        private sealed class ExitObserver : IProcessObserver
        {
            internal TaskCompletionSource<ExitStatus> Exited { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

            internal ConcurrentQueue<string> Lines { get; } = [];

            public void OnOutput(string line, bool isError) => Lines.Enqueue(line);

            public void OnExited(ExitStatus status) => Exited.SetResult(status);
        }

        /// <summary>A kind of worker process that the library does not have: its class says all that is special about it.</summary>
        [Fact(Timeout = Limits.Test)]
        public async Task A_kind_of_worker_process_is_one_class()
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has the launcher that passes descriptors.");
            string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
            await using FileStream inherited = new(file, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite, 1, FileOptions.DeleteOnClose);
            var program = new TestProgram(inherited.SafeFileHandle);
            var options = new ProcessPoolOptions { MaxWorkers = 1, Transport = WorkerTransport.SharedMemory, Program = program };
            options.Environment["TANDEM_TEST_OVERRIDDEN"] = "pool";
            await using (WorkerPool pool = WorkerPool.Create(options))
            {
                (string?, string?) variables = await pool.RunAsync(static () =>
                {
                    Console.WriteLine("for the sink");
                    File.WriteAllText($"/proc/self/fd/{LaunchProtocol.FirstGuestDescriptor}", "from the worker");
                    return (Environment.GetEnvironmentVariable("TANDEM_TEST_OVERRIDDEN"), Environment.GetEnvironmentVariable("TANDEM_TEST_OWN"));
                });

                Assert.Equal(("pool", "program"), variables);
            }

            Assert.Contains(program.Lines, static line => line == "for the sink");
            Assert.Equal("from the worker", await new StreamReader(inherited).ReadToEndAsync());
        }

        [Fact(Timeout = Limits.Test)]
        public async Task A_launcher_that_passes_no_descriptors_refuses_a_program_that_has_some()
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has descriptors to pass.");
            using SafeFileHandle handle = File.OpenHandle("/dev/null");
            var options = new ProcessPoolOptions
            {
                MaxWorkers = 1,
                MaxRestarts = 1,
                Transport = WorkerTransport.Portable,
                Program = new TestProgram(handle),
            };
            await using WorkerPool pool = WorkerPool.Create(options);

            WorkerStartException error = await Assert.ThrowsAsync<WorkerStartException>(() => pool.RunAsync(static () => 1));

            Assert.Contains("descriptors", error.Message, StringComparison.Ordinal);
        }

        private sealed class TestProgram(SafeFileHandle inherited) : LaunchableProgram
        {
            internal ConcurrentQueue<string> Lines { get; } = [];

            internal override bool IsForeign => false;

            internal override Action<int, string, bool> OutputSink => (_, line, _) => Lines.Enqueue(line);

            internal override LaunchPlan CreatePlan() => LaunchPlan.Current;

            internal override int[] OpenDescriptors() => [Libc.Fcntl((int)inherited.DangerousGetHandle(), Libc.F_DUPFD_CLOEXEC, 64)];

            private protected override void AddSettings(ProcessPoolOptions options, Dictionary<string, string> environment) =>
                environment["TANDEM_TEST_OVERRIDDEN"] = "program";

            private protected override void AddVariables(LaunchPlan plan, Dictionary<string, string> environment) =>
                environment["TANDEM_TEST_OWN"] = "program";
        }

        [Theory(Timeout = Limits.Test)]
        [MemberData(nameof(Transports))]
        public async Task The_startup_hooks_of_the_program_run_in_workers_and_in_what_they_start(WorkerTransport transport)
        {
            string hook = typeof(LaunchTests).Assembly.Location;
            var options = new ProcessPoolOptions { MaxWorkers = 1, Transport = transport };
            options.Environment["DOTNET_STARTUP_HOOKS"] = hook;
            await using WorkerPool pool = WorkerPool.Create(options);

            (object? ran, string? variable) = await pool.RunAsync(static () => (AppContext.GetData(HookMark), Environment.GetEnvironmentVariable("DOTNET_STARTUP_HOOKS")));

            Assert.Equal(("yes", hook), (ran, variable));
        }
    }
}

// The runtime looks for exactly this type, outside of any namespace. Tandem has one too.
#pragma warning disable CA1050, CS0436
internal static class StartupHook
{
    public static void Initialize() => AppContext.SetData(Tandem.Tests.Processes.LaunchTests.HookMark, "yes");
}
