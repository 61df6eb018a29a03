using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Interop;
using Tandem.Stacks;

namespace Tandem.Diagnostics.Tests;

/// <summary>What a caller sees of a work item whose time was over: the worker's own stack, taken from outside.</summary>
public class StackTests
{
    private const int Patience = 2 * Limits.Test;

    // The first capture of a process loads and compiles what it needs; a limit that is too short for that gives a note instead.
    private static readonly WorkOptions Limited = new() { Limits = new() { Timeout = TimeSpan.FromMilliseconds(100) } };

    [Fact(Timeout = Patience)]
    public async Task A_busy_loop_is_named()
    {
        await using WorkerPool pool = Create();

        string stack = await StackOfAsync("Stuck.BusyLoop", () => pool.RunAsync(static () => Stuck.BusyLoop(3), Limited));

        Assert.Contains("Stuck.BusyLoop(Int32)", stack, StringComparison.Ordinal);
        Assert.Contains("Stuck.cs:line ", stack, StringComparison.Ordinal);
        // Nothing of how the work is called.
        Assert.All(
            ["Tandem.Work.", "Tandem.Invocation.", "Tandem.InWorker.", "Tandem.Threading."],
            own => Assert.DoesNotContain(own, stack, StringComparison.Ordinal));
    }

    [Fact(Timeout = Patience)]
    public async Task A_sleep_is_named_with_its_caller_and_line()
    {
        await using WorkerPool pool = Create();

        string stack = await StackOfAsync("System.Threading.Thread.Sleep", () => pool.RunAsync(static () => Stuck.Sleep(), Limited));

        string[] frames = stack.Split('\n');
        Assert.Contains(frames, static frame => frame.Contains("Stuck.Sleep() in ", StringComparison.Ordinal) && frame.EndsWith(Stuck.SleepLine, StringComparison.Ordinal));
        Assert.Contains("(lambda)", frames[^1], StringComparison.Ordinal);
    }

    [Fact(Timeout = Patience)]
    public async Task A_loop_that_spins_in_the_runtime_is_named()
    {
        await using WorkerPool pool = Create();

        string stack = await StackOfAsync("Stuck.Spin", () => pool.RunAsync(static () => Stuck.Spin(), Limited));

        Assert.Contains("Stuck.Spin()", stack, StringComparison.Ordinal);
    }

    [Fact(Timeout = Patience)]
    public async Task A_lock_that_never_comes_is_named()
    {
        await using WorkerPool pool = Create();

        string stack = await StackOfAsync("Stuck.WaitForLock", () => pool.RunAsync(static () => Stuck.WaitForLock(), Limited));

        Assert.Contains("Stuck.WaitForLock()", stack, StringComparison.Ordinal);
    }

    [Fact(Timeout = Patience)]
    public async Task Asynchronous_work_that_blocks_is_named_by_its_method()
    {
        await using WorkerPool pool = Create();

        string stack = await StackOfAsync("Stuck.BlockAsync", () => pool.RunAsync(static () => Stuck.BlockAsync(), Limited));

        Assert.Contains("Stuck.BlockAsync(", stack, StringComparison.Ordinal);
    }

    [Fact(Timeout = Patience)]
    public async Task A_worker_that_dies_while_its_stack_is_taken_ends_nobody_else()
    {
        const int Times = 25;
        WorkerStackSource source = WorkerStackSource.Current!;
        TimeSpan whole = TimeSpan.Zero;
        for (int i = -1; i <= Times; i++)
        {
            await using WorkerPool pool = Create();
            int id = await pool.RunAsync(static () => Environment.ProcessId);
            Task<TimeSpan> capture = Task.Run(() =>
            {
                long start = Stopwatch.GetTimestamp();
                source.TryCapture(id, null, TimeSpan.FromSeconds(30), out _, out _);
                return Stopwatch.GetElapsedTime(start);
            });

            // The first two are left alone, to know how long it takes; then each dies somewhat later, up to the end.
            if (i > 0)
                await Task.Run(() => SpinFor(whole * i / Times));
            else
                whole = await capture;

            Assert.Equal(0, Libc.Kill(id, Libc.SIGKILL));
            await capture;
        }
    }

    [Fact(Timeout = Patience)]
    public async Task Asynchronous_work_without_a_thread_says_so()
    {
        await using WorkerPool pool = Create();
        WorkTimeoutException late;
        do
            late = await Assert.ThrowsAsync<WorkTimeoutException>(() => pool.RunAsync(static () => Task.Delay(Timeout.Infinite), Limited));
        while (late.WorkerStack is not null || IsLate(late)); // on a busy machine it has not begun to wait by then

        Assert.Null(late.WorkerStack);
        Assert.Contains("asynchronous work waits without a thread", late.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Patience)]
    public async Task A_capture_that_waited_too_long_for_another_says_why()
    {
        await using WorkerPool pool = Create();
        int worker = await pool.RunAsync(static () => Environment.ProcessId);
        WorkerStackSource source = Source;

        // One waits for the other about as long as its caller waits for it.
        Task[] callers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 25; i++)
                Assert.True(source.TryCapture(worker, null, TimeSpan.FromMilliseconds(5), out string _, out string problem) || problem.Length > 0);
        }))];
        await Task.WhenAll(callers);
    }

    [Fact(Timeout = Patience)]
    public async Task Two_hundred_of_them_leave_nothing_behind()
    {
        await using WorkerPool pool = Create();
        await StackOfAsync("Stuck.BusyLoop", () => pool.RunAsync(static () => Stuck.BusyLoop(3), Limited));
        int descriptors = Directory.GetFiles("/proc/self/fd").Length;
        var limit = new WorkOptions { Limits = new() { Timeout = TimeSpan.FromMilliseconds(10) } };

        for (int i = 0; i < 200; i++)
            await Assert.ThrowsAsync<WorkTimeoutException>(() => pool.RunAsync(static () => Stuck.BusyLoop(3), limit));

        Assert.Equal(7, await pool.RunAsync(static () => 7));
        await UntilAsync(() => pool.Snapshot().Workers.Count == 1);
        await UntilAsync(() => Directory.GetFiles("/proc/self/fd").Length <= descriptors + 20);
        await UntilAsync(() => !ThreadNames().Contains("Tandem stack ca"));
        Assert.True(pool.Snapshot().Totals.Kills >= 200);
    }

    [Fact(Timeout = Patience)]
    public async Task A_process_goes_on_after_its_stack_was_taken()
    {
        await using WorkerPool pool = Create();
        int worker = await pool.RunAsync(static () => Environment.ProcessId);
        using var stop = new CancellationTokenSource();
        // An item has begun before its method is compiled and entered.
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        IProgress<int> progress = new Progress<int>(_ => entered.TrySetResult());
        Task<long> counting = pool.RunAsync(token => Stuck.CountUntil(token, progress), cancellationToken: stop.Token);
        await entered.Task;

        for (int i = 0; i < 20; i++)
        {
            Assert.True(Source.TryCapture(worker, null, TimeSpan.FromSeconds(30), out string stack, out string problem), problem);
            Assert.Contains("Stuck.CountUntil", stack, StringComparison.Ordinal);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => counting);
        Assert.Equal(worker, await pool.RunAsync(static () => Environment.ProcessId));
    }

    [Fact(Timeout = Patience)]
    public void A_process_that_is_not_there_is_a_problem_not_an_error()
    {
        using var gone = Process.Start("true");
        gone.WaitForExit();

        Assert.False(Source.TryCapture(gone.Id, null, TimeSpan.FromSeconds(30), out _, out string problem));
        Assert.NotEmpty(problem);
    }

    [Fact(Timeout = Patience)]
    public void A_process_without_a_runtime_is_a_problem_and_goes_on()
    {
        using var other = Process.Start("sleep", "600");
        try
        {
            Assert.False(Source.TryCapture(other.Id, null, TimeSpan.FromSeconds(30), out _, out string problem));
            Assert.NotEmpty(problem);
            Assert.False(other.HasExited);
            Assert.DoesNotContain("State:\tt", File.ReadAllText($"/proc/{other.Id}/status"), StringComparison.Ordinal);
        }
        finally
        {
            other.Kill();
        }
    }

    private static WorkerStackSource Source => WorkerStackSource.Current ?? throw new InvalidOperationException("The package was not found.");

    private static WorkerPool Create() => WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 1, LoggerFactory = NullLoggerFactory.Instance });

    /// <summary>
    /// The stack of a call that times out. It is called again while the machine was too slow: to take the stack in time, or to get to where
    /// it hangs, since its time begins before its method is compiled and entered.
    /// </summary>
    private static async Task<string> StackOfAsync(string hangsIn, Func<Task> call)
    {
        while (true)
        {
            WorkTimeoutException late = await Assert.ThrowsAsync<WorkTimeoutException>(call);
            if (late.WorkerStack is not { } stack)
            {
                Assert.True(IsLate(late) || late.Message.Contains("waits without a thread", StringComparison.Ordinal), late.Message);
                continue;
            }

            Assert.Contains(stack, late.Message, StringComparison.Ordinal);
            if (stack.Contains(hangsIn, StringComparison.Ordinal))
                return stack;
        }
    }

    private static bool IsLate(WorkTimeoutException late) => late.Message.Contains("took longer than", StringComparison.Ordinal);

    private static string ThreadNames() =>
        string.Join('\n', Directory.GetDirectories("/proc/self/task").Select(static task => File.Exists(task + "/comm") ? Read(task + "/comm") : ""));

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return ""; // a thread that has just ended
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(2);
    }

    private static void SpinFor(TimeSpan time)
    {
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < time;)
            Thread.SpinWait(100);
    }
}
