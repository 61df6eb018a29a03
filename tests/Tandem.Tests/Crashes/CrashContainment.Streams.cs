using Microsoft.Extensions.Logging;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Crashes;

public partial class CrashContainment
{
    [Fact(Timeout = Limits.Test)]
    public async Task Large_arguments_to_workers_that_die_on_receipt_never_block_the_caller()
    {
        byte[] payload = new byte[1 << 20];
        await using WorkerPool pool = Backend.Create(2);

        // Submitted without waiting: if a dying worker could block its sender, this would not get through.
        Task<int>[] doomed = [.. Enumerable.Range(0, 8).Select(_ => pool.RunAsync(
            static (input, _) => input.payload.Length + input.Item2.Count,
            (payload, new Dictionary<DeadlyKey, int> { [new DeadlyKey(Death.Killed)] = 1 })))];
        foreach (Task<int> call in doomed)
            Infrastructure.Deaths.AssertTold(Death.Killed, await Assert.ThrowsAsync<WorkerCrashedException>(() => call));

        Assert.Equal(payload.Length, await pool.RunAsync(static (bytes, _) => bytes.Length, payload));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Ten_mebibytes_of_standard_error_never_block_a_worker()
    {
        using var log = new CapturedLog();
        await using WorkerPool pool = Backend.CreateProcesses(1, options => options.LoggerFactory = log);

        int before = await pool.RunAsync(static () =>
        {
            string line = new('x', 1023);
            for (int i = 0; i < 10 * 1024; i++)
                Console.Error.WriteLine(line);

            return Environment.ProcessId;
        });

        Assert.Equal(before, await pool.RunAsync(static () => Environment.ProcessId));
        await Eventually.Async(() => log.Output.Length > 1000, otherwise: () => $"{log.Output.Length} lines came.");
    }

    /// <summary>As one whose output nobody reads.</summary>
    [Fact(Timeout = Limits.Test)]
    public async Task A_logger_that_takes_nothing_or_throws_blocks_no_worker_and_no_thread_of_the_pool_and_is_told_what_it_has_missed()
    {
        const int Lines = 30_000;
        using var log = new StallingLog();
        await using WorkerPool pool = Backend.CreateProcesses(2, options => options.LoggerFactory = log);
        log.Stall();
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => pool.RunAsync(static () =>
        {
            for (int i = 0; i < Lines; i++)
                Console.Out.WriteLine("a line of output");
        })));

        Assert.Equal(1, await pool.RunAsync(static () => 1));
        await Eventually.Async(() => log.IsWaiting);
        Assert.False(log.WaitsOnThreadPool);
        log.Flow();
        await Eventually.Async(() => log.Missed > 0 && log.Taken + log.Missed == 2 * Lines, otherwise: () => $"{log.Taken} were taken, {log.Missed} missed.");
        log.Throws = true;
        await pool.RunAsync(static () => Console.Out.WriteLine("a line of output"));
        log.Throws = false;
        await pool.RunAsync(static () => Console.Out.WriteLine("a line of output"));
        await Eventually.Async(() => log.Taken + log.Missed == 2 * Lines + 2, otherwise: () => $"{log.Taken} were taken, {log.Missed} missed.");
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_line_without_end_never_blocks_a_worker()
    {
        using var log = new CapturedLog();
        await using WorkerPool pool = Backend.CreateProcesses(1, options => options.LoggerFactory = log);

        await pool.RunAsync(static () =>
        {
            string part = new('y', 4096);
            for (int i = 0; i < 1024; i++)
                Console.Out.Write(part);
        });

        Assert.Equal(1, await pool.RunAsync(static () => 1));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task What_workers_write_reaches_the_log_line_by_line()
    {
        using var log = new CapturedLog();
        int pid;
        await using (WorkerPool pool = Backend.CreateProcesses(1, options => options.LoggerFactory = log))
        {
            pid = await pool.RunAsync(static () =>
            {
                Console.Out.WriteLine("to standard output: ü");
                Console.Error.Write("to standard error\nwithout an end");
                Console.Error.Flush();
                return Environment.ProcessId;
            });
        }

        await Eventually.Async(() => log.Output.Length >= 3, otherwise: () => string.Join('\n', log.Output.Select(entry => entry.Text)));
        Assert.All(log.Output, entry => Assert.Contains($"{pid}", entry.Text, StringComparison.Ordinal));
        Assert.Contains(log.Output, entry => entry.Level == LogLevel.Information && entry.Text.EndsWith("to standard output: ü", StringComparison.Ordinal));
        Assert.Contains(log.Output, entry => entry.Level == LogLevel.Warning && entry.Text.EndsWith("to standard error", StringComparison.Ordinal));
        Assert.Contains(log.Output, entry => entry.Level == LogLevel.Warning && entry.Text.EndsWith("without an end", StringComparison.Ordinal));
    }

    /// <summary>The locale of Unix does what the code page of the console does on Windows.</summary>
    [Theory(Timeout = Limits.Test)]
    [InlineData("")]
    [InlineData("C")]
    [InlineData("de_DE.UTF-8")]
    [InlineData("de_DE.ISO-8859-1")]
    [InlineData("ru_RU.KOI8-R@euro")]
    public async Task Characters_that_a_worker_writes_arrive_in_every_locale(string locale)
    {
        const string Text = "äöü€日本";
        using var log = new CapturedLog();
        await using (WorkerPool pool = Backend.CreateProcesses(1, options => (options.LoggerFactory, options.Environment["LC_ALL"]) = (log, locale)))
        {
            await pool.RunAsync(static () =>
            {
                Console.Out.WriteLine(Text);
                Console.Error.WriteLine(Text);
            });
        }

        await Eventually.Async(() => log.Output.Length >= 2, otherwise: () => string.Join('\n', log.Output.Select(entry => entry.Text)));
        Assert.All(log.Output, static entry => Assert.EndsWith(Text, entry.Text, StringComparison.Ordinal));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_unhandled_exception_of_another_thread_of_a_worker_is_told()
    {
        await using WorkerPool pool = Backend.Create(1);

        WorkerCrashedException crash = await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () =>
        {
            new Thread(static () => throw new InvalidOperationException("nobody caught me")).Start();
            Thread.Sleep(Timeout.Infinite);
        }));

        Assert.Equal(ExpectedExit.UnhandledException, new ExpectedExit(crash.Signal, crash.ExitCode));
        Assert.Contains("nobody caught me", crash.StandardErrorTail, StringComparison.Ordinal);
        Assert.Contains("nobody caught me", crash.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_death_of_a_worker_and_its_replacement_are_logged()
    {
        using var log = new CapturedLog();
        await using WorkerPool pool = Backend.CreateProcesses(1, options => (options.LoggerFactory, options.Name) = (log, "mortals"));

        WorkerCrashedException crash = await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () => Environment.Exit(5)));
        int replacement = await pool.RunAsync(static () => Environment.ProcessId);

        // Loggers are called in the background.
        await Eventually.Async(() => log.Entries.Any(entry => entry.Level == LogLevel.Warning && entry.Text.Contains($"{crash.ProcessId}", StringComparison.Ordinal)
            && entry.Text.Contains("mortals", StringComparison.Ordinal) && entry.Text.Contains("code 5", StringComparison.Ordinal)));
        await Eventually.Async(() => log.Entries.Any(entry => entry.Text.Contains($"Worker {replacement} of 'mortals': Ready", StringComparison.Ordinal)));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task What_a_worker_has_started_ends_with_it()
    {
        Gate started = _scratch.Gate();
        await using WorkerPool pool = Backend.CreateProcesses(1, options => options.CancellationGrace = TimeSpan.Zero);
        using var source = new CancellationTokenSource();

        Task stubborn = pool.RunAsync(
            () =>
            {
                using System.Diagnostics.Process child = Infrastructure.Deaths.StartSleeper();
                File.WriteAllText(started.Path + ".tmp", $"{child.Id}");
                File.Move(started.Path + ".tmp", started.Path);
                Thread.Sleep(Timeout.Infinite);
            },
            cancellationToken: source.Token);
        await started.OpenedAsync();
        int grandchild = int.Parse(await File.ReadAllTextAsync(started.Path, CancellationToken.None), null);
        Assert.True(ProcFs.IsAlive(grandchild));
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stubborn);
        await Eventually.Async(() => !ProcFs.IsAlive(grandchild), otherwise: () => "The grandchild is left.");
        Assert.Equal(1, await pool.RunAsync(static () => 1));
    }
}
