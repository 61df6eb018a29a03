using System.Reflection;

namespace Tandem.Tests.Processes
{
    /// <summary>A worker process as the system, and what else enters it, see it.</summary>
    public sealed class LaunchTests
    {
        private const int LongestName = 15; // TASK_COMM_LEN without the end

        internal const string HookMark = "Tandem.Tests.StartupHook";

        public static TheoryData<WorkerTransport> Transports => new() { WorkerTransport.SharedMemory, WorkerTransport.Portable };

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
