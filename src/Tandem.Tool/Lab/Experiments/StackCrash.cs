using Microsoft.Extensions.Logging.Abstractions;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>Shows what an endless recursion terminates. Threads are tested inside a worker process, so that the tool continues.</summary>
internal static class StackCrash
{
    private static readonly WorkOptions Limit = new() { Limits = new() { Timeout = TimeSpan.FromSeconds(20), MaxCrashRetries = 0 } };

    // The runtime prints the whole stack before it exits, which users of this tool do not want to see.
    private static ProcessPoolOptions Quiet(int workers) => new() { MaxWorkers = workers, LoggerFactory = NullLoggerFactory.Instance };

    /// <summary>Tests one of several worker processes.</summary>
    internal static async Task<Outcome> InProcessesAsync(int workers, CancellationToken cancellationToken)
    {
        using var depth = new SharedArray<long>(1);
        using var begun = new SharedCounter();
        using var crashed = new SharedCounter();
        await using WorkerPool pool = WorkerPool.Create(Quiet(workers));
        Task<bool>[] others =
            [.. Enumerable.Range(1, workers - 1).Select(_ => pool.RunAsync(() => Witness(begun, crashed), Limit, cancellationToken))];
        (bool hasCrashed, string how) = await CrashAsync(
            pool, () => OverflowAfter(begun, workers - 1, depth), cancellationToken).ConfigureAwait(false);
        crashed.Increment();
        bool[] survived = await Task.WhenAll(others).ConfigureAwait(false);
        int after = await pool.RunAsync(static () => 1, Limit, cancellationToken).ConfigureAwait(false);
        return new Outcome(hasCrashed ? 1 : 0, survived.Count(static one => one), after == 1, how, depth[0]);
    }

    /// <summary>Tests one of several threads of a process.</summary>
    internal static async Task<Outcome> OnThreadsAsync(int threads, CancellationToken cancellationToken)
    {
        using var depth = new SharedArray<long>(1);
        using var begun = new SharedCounter();
        using var crashed = new SharedCounter();
        using var survived = new SharedCounter();
        await using WorkerPool pool = WorkerPool.Create(Quiet(1));
        (bool hasCrashed, string how) = await CrashAsync(
            pool, () => Threads(threads, begun, crashed, survived, depth), cancellationToken).ConfigureAwait(false);
        crashed.Increment();
        // The process of these threads has exited, because a crash was reported; so no thread is left.
        return new Outcome(hasCrashed ? threads - (int)survived.Value : 0, (int)survived.Value, !hasCrashed, how, depth[0]);
    }

    private static long Threads(int threads, SharedCounter begun, SharedCounter crashed, SharedCounter survived, SharedArray<long> depth)
    {
        LabThreads.Run(threads, index =>
        {
            if (index == 0)
                OverflowAfter(begun, threads - 1, depth);
            else if (Witness(begun, crashed))
                survived.Increment();
        });
        return survived.Value;
    }

    private static async Task<(bool HasCrashed, string How)> CrashAsync(
        WorkerPool pool, Func<long> work, CancellationToken cancellationToken)
    {
        try
        {
            await pool.RunAsync(work, Limit, cancellationToken).ConfigureAwait(false);
            return (false, "nothing");
        }
        catch (WorkerCrashedException e)
        {
            return (true, e.Signal ?? $"exit code {e.ExitCode}");
        }
    }

    /// <summary>Begins after the others.</summary>
    private static long OverflowAfter(SharedCounter begun, int others, SharedArray<long> depth)
    {
        SpinWait wait = default;
        while (begun.Value < others)
            wait.SpinOnce();

        return StackLayout.Overflow(depth);
    }

    /// <summary>Runs before and after the crash.</summary>
    private static bool Witness(SharedCounter begun, SharedCounter crashed)
    {
        begun.Increment();
        SpinWait wait = default;
        while (crashed.Value == 0)
            wait.SpinOnce();

        return true;
    }

    /// <param name="Ended">How many workers exited.</param>
    /// <param name="Survived">How many others survived.</param>
    /// <param name="GoesOn">Whether new work can run.</param>
    /// <param name="How">How the system describes the exit.</param>
    /// <param name="Depth">The depth of the recursion at the crash.</param>
    internal sealed record Outcome(int Ended, int Survived, bool GoesOn, string How, long Depth);
}
