using System.Reflection;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Processes;

/// <summary>A worker process as the system shows it.</summary>
public sealed class LaunchTests
{
    private const int LongestName = 15; // TASK_COMM_LEN without the end

    [Theory(Timeout = Limits.Test)]
    [InlineData(WorkerTransport.SharedMemory)]
    [InlineData(WorkerTransport.Portable)]
    public async Task A_worker_has_the_name_of_the_program(WorkerTransport transport)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux lets a process name itself.");
        await using WorkerPool pool = WorkerPool.Create(new WorkerPoolOptions { Isolation = Isolation.Process, Workers = 1, Transport = transport });
        string program = Assembly.GetEntryAssembly()!.GetName().Name!;

        string name = await pool.RunAsync(static () => File.ReadAllText("/proc/self/comm").Trim());

        Assert.Equal(program[..Math.Min(program.Length, LongestName)], name);
    }
}
