using System.Diagnostics;
using Tandem.BackgroundWork;

namespace Tandem.Sharing;

/// <summary>
/// Those of this process who await one end of a channel. The first looks for some microseconds itself, since an answer that comes at
/// once is there before a thread could be woken; then one thread sleeps on the bell for all of them.
/// </summary>
internal sealed unsafe class ChannelWaiters(ChannelRing ring, ChannelBell* bell, Func<ChannelRing, bool> isReady)
{
    private static readonly long SpinTicks = Environment.ProcessorCount > 1 ? Stopwatch.Frequency * 25 / 1_000_000 : 0;

    private readonly Lock _lock = new();
    private readonly List<TaskCompletionSource> _waiting = [];
    private bool _runs;
    private int _failures;

    /// <summary>Looks for a short while, if that has paid lately.</summary>
    internal bool Spin()
    {
        if (isReady(ring))
            return true;

        // After a failure only now and then, to find out whether elements come quickly again.
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

    /// <summary>Completes when the end may be ready; whoever awaits it looks again.</summary>
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
                // Ends with nothing to wait for; who comes after this has another thread start.
                _runs = false;
            }

            foreach (TaskCompletionSource waiting in woken)
                waiting.TrySetResult();
            GC.KeepAlive(ring);
            return;
        }
    }
}
