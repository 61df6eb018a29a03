using System.Diagnostics;
using Tandem.BackgroundWork;

namespace Tandem.Sharing;

/// <summary>
/// The waiters of this process for one condition of a channel. The first one spins for some microseconds, because an answer that comes
/// quickly arrives sooner than a sleeping thread could be woken. After that, one thread sleeps on the bell for all waiters.
/// </summary>
internal sealed unsafe class ChannelWaiters(ChannelRing ring, ChannelBell* bell, Func<ChannelRing, bool> isReady)
{
    // How long a spin lasts; 0 on a single processor.
    private static readonly long SpinTicks = Environment.ProcessorCount > 1 ? Stopwatch.Frequency * 25 / 1_000_000 : 0;

    // Guards _waiting and _runs.
    private readonly Lock _lock = new();
    private readonly List<TaskCompletionSource> _waiting = []; // the waiters that the sleeping thread will wake
    private bool _runs; // whether a thread sleeps for the waiters
    private int _failures; // counts the calls since the last spin that failed; 0: the last spin succeeded

    /// <summary>Polls for a short time, if the last spin succeeded. Returns whether the condition holds.</summary>
    internal bool Spin()
    {
        if (isReady(ring))
            return true;

        // After a failed spin, only every eighth call spins again, to find out whether elements arrive quickly again.
        if (SpinTicks == 0 || (_failures > 0 && _failures++ % 8 != 0))
            return false;

        long start = Stopwatch.GetTimestamp();
        for (int i = 0; ; i++)
        {
            if (isReady(ring))
            {
                _failures = 0;
                return true;
            }

            Thread.SpinWait(2);
            if (i % 16 == 15 && Stopwatch.GetTimestamp() - start > SpinTicks)
                break;
        }

        _failures = 1;
        return false;
    }

    /// <summary>Completes when the condition may hold; the caller checks it again.</summary>
    internal Task WaitAsync(CancellationToken cancellation)
    {
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool start;
        lock (_lock)
        {
            _waiting.Add(waiting);
            start = !_runs;
            _runs = true;
        }

        if (start)
            BlockingThreads.Run(Work, Fail);
        if (!cancellation.CanBeCanceled)
            return waiting.Task;

        CancellationTokenRegistration registration = Background.OnCanceled(
            static state => state.waiting.TrySetCanceled(state.cancellation), (waiting, cancellation), cancellation);
        _ = waiting.Task.ContinueWith(
            static (_, state) => ((CancellationTokenRegistration)state!).Unregister(), registration, CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return waiting.Task;
    }

    private void Fail(Exception error)
    {
        TaskCompletionSource[] failed;
        lock (_lock)
        {
            failed = [.. _waiting];
            _waiting.Clear();
            _runs = false;
        }

        foreach (TaskCompletionSource waiting in failed)
            waiting.TrySetException(error);
    }

    private void Work()
    {
        while (true)
        {
            int signal = ChannelBell.Announce(bell);
            bool ready = isReady(ring);
            if (!ready)
            {
                ChannelBell.Sleep(bell, signal);
                ready = isReady(ring);
            }

            TaskCompletionSource[] woken;
            lock (_lock)
            {
                if (!ready)
                {
                    _waiting.RemoveAll(static waiting => waiting.Task.IsCompleted);
                    if (_waiting.Count > 0)
                        continue;
                }

                woken = [.. _waiting];
                _waiting.Clear();
                // The thread exits. A waiter that is added after this starts another one.
                _runs = false;
            }

            foreach (TaskCompletionSource waiting in woken)
                waiting.TrySetResult();
            GC.KeepAlive(ring);
            return;
        }
    }
}
