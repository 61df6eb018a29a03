using System.Diagnostics;
using System.Globalization;

namespace Tandem.Smoke.Scenarios;

/// <summary>How workers and pools begin and end, and what is left of them.</summary>
internal static class Lifetimes
{
    internal static readonly Scenario[] All =
    [
        new("recycling", RecyclingAsync) { NeedsProcesses = true },
        new("resize", ResizeAsync),
        new("failing-start", FailingStartAsync),
        new("nesting", NestingAsync) { NeedsProcesses = true },
        new("nesting-limit", NestingLimitAsync) { NeedsProcesses = true },
        new("stop", StopAsync),
        new("drain", DrainAsync),
        new("dispose-leaves-nothing", LeavesNothingAsync) { NeedsProcesses = true },
        new("orphans-of-a-killed-program", OrphansAsync) { NeedsProcesses = true },
        new("forgotten-pool", ForgottenAsync) { NeedsProcesses = true },
    ];

    /// <summary>With a limit of one item, each gets a process of its own.</summary>
    private static async Task RecyclingAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreateProcesses(1, static options =>
        {
            options.MaxItemsPerWorker = 1;
            options.RecycleJitter = 0;
        });
        List<int> workers = [];
        for (int i = 0; i < 4; i++)
            workers.Add(await pool.RunAsync(static () => Environment.ProcessId));
        Check.Equal(4, workers.Distinct().Count());
        await setting.GoneAsync(workers, "workers that have done their item end");
    }

    private static async Task ResizeAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool(1);
        pool.Resize(3);
        Gate[] gates = [setting.CreateGate(), setting.CreateGate(), setting.CreateGate()];
        // All three at the same time.
        await Task.WhenAll(Enumerable.Range(0, 3).Select(number => pool.RunAsync(() =>
        {
            gates[number].Open();
            foreach (Gate gate in gates)
                gate.Pass();
        })));
        pool.Resize(1);
        await setting.UntilAsync(() => pool.Snapshot().Workers.Count == 1, "two workers end");
        Check.Equal(2, await pool.RunAsync(static () => 2));
    }

    private static async Task FailingStartAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool(1, static options =>
        {
            options.InitializeWorker = static () => throw new InvalidOperationException("no license");
            if (options is ProcessPoolOptions processes)
                processes.MaxRestarts = 1;
        });
        WorkerStartException error = await Check.ThrowsAsync<WorkerStartException>(pool.RunAsync(static () => 1));
        Check.Contains("no license", error.ToString());
    }

    private static async Task NestingAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        string kind = setting.Kind;
        int[] processes = await pool.RunAsync(async () =>
        {
            await using WorkerPool inner = CreateInner(kind);
            return new[] { Environment.ProcessId, await inner.RunAsync(static () => Environment.ProcessId) };
        });
        Check.Equal(3, processes.Append(Environment.ProcessId).Distinct().Count());
        await setting.GoneAsync([processes[1]], "the inner worker ends");
    }

    private static async Task NestingLimitAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreateProcesses(1, static options => options.MaxNesting = 1);
        string kind = setting.Kind;
        WorkerStartException error = await Check.ThrowsAsync<WorkerStartException>(pool.RunAsync(async () =>
        {
            await using WorkerPool inner = CreateInner(kind);
            return await inner.RunAsync(static () => 1);
        }));
        Check.Contains(nameof(ProcessPoolOptions.MaxNesting), error.Message);
    }

    private static WorkerPool CreateInner(string kind) => WorkerPool.Create(Setting.Options(SmokeOptions.WithTransport(new SmokeOptions(), kind), 1));

    private static async Task StopAsync(Setting setting)
    {
        Gate started = setting.CreateGate(), never = setting.CreateGate();
        await using WorkerPool pool = setting.CreatePool();
        Task running = pool.RunAsync(token =>
        {
            started.Open();
            never.Pass(token);
        });
        await setting.OpenedAsync(started, "the item starts");
        await pool.StopAsync();
        await Check.ThrowsAsync<OperationCanceledException>(running);
        await Check.ThrowsAsync<ObjectDisposedException>(Task.Run(() => pool.RunAsync(static () => 1)));
    }

    private static async Task DrainAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool(2);
        Task<int>[] calls = [.. Enumerable.Range(0, 100).Select(i => pool.RunAsync(static (number, _) => number, i))];
        await pool.DrainAsync();
        Check.That(calls.All(static call => call.IsCompletedSuccessfully));
    }

    private static async Task LeavesNothingAsync(Setting setting)
    {
        // What the first pool of a process makes stays for the next ones.
        _ = await UseAsync(setting);
        string[] before = Descriptors();
        List<int> workers = [];
        for (int i = 0; i < 3; i++)
            workers.AddRange(await UseAsync(setting));
        Check.That(!workers.Any(OtherProcess.IsAlive));
        string[] after = [];
        bool IsClean()
        {
            // What earlier scenarios left to the garbage collector, too.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            after = Descriptors();
            return after.Length <= before.Length;
        }

        await setting.UntilAsync(
            IsClean, () => $"no more descriptors are open than before; before: {string.Join(' ', before)}; after: {string.Join(' ', after)}");
    }

    private static async Task<int[]> UseAsync(Setting setting)
    {
        Gate[] gates = [setting.CreateGate(), setting.CreateGate()];
        await using WorkerPool pool = setting.CreateProcesses(2, static options => options.SpareWorkers = 1);
        int[] workers = await Task.WhenAll(Enumerable.Range(0, 2).Select(number => pool.RunAsync(() =>
        {
            gates[number].Open();
            gates[1 - number].Pass();
            return Environment.ProcessId;
        })));
        byte[] large = await pool.RunAsync(static (bytes, _) => bytes, new byte[4 << 20]);
        Check.Equal(4 << 20, large.Length);
        await pool.DisposeAsync();
        return workers;
    }

    /// <summary>What is open, such as "pipe:[123]", but for assemblies, which are loaded when they are first needed.</summary>
    private static string[] Descriptors()
    {
        if (!OperatingSystem.IsLinux())
            return [];

        List<string> open = [];
        foreach (string path in Directory.GetFiles("/proc/self/fd"))
        {
            try
            {
                open.Add(new FileInfo(path).LinkTarget ?? "?");
            }
            catch (IOException)
            {
                // The one that lists them.
            }
        }

        return [.. open.Where(static target => !target.EndsWith(".dll", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    /// <summary>Neither workers are left nor the processes that they started.</summary>
    private static async Task OrphansAsync(Setting setting)
    {
        string report = Path.Combine(setting.Folder, "report");
        using Process program = OtherProcess.Start(Roles.Command("hold", setting.Kind, report));
        int[] processes = await ReportedAsync(setting, report, program);
        Check.That(processes.All(OtherProcess.IsAlive));
        program.Kill();
        await setting.GoneAsync(processes, "the workers of a killed program end, and their children");
    }

    private static async Task ForgottenAsync(Setting setting)
    {
        string report = Path.Combine(setting.Folder, "report");
        using Process program = OtherProcess.Start(Roles.Command("forget", setting.Kind, report));
        int[] processes = await ReportedAsync(setting, report, program);
        await setting.UntilAsync(() => program.HasExited, "a program that forgets its pool exits");
        Check.Equal(0, program.ExitCode);
        await setting.GoneAsync(processes, "its workers end, and their children");
    }

    private static async Task<int[]> ReportedAsync(Setting setting, string report, Process program)
    {
        await setting.UntilAsync(() => File.Exists(report) || program.HasExited, "the program has workers");
        return File.Exists(report)
            ? [.. File.ReadAllText(report).Split(' ').Select(static id => int.Parse(id, CultureInfo.InvariantCulture))]
            : throw new SmokeException($"the program ended with exit code {program.ExitCode}");
    }
}
