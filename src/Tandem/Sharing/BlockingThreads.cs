using Tandem.BackgroundWork;

namespace Tandem.Sharing;

/// <summary>
/// Threads that sleep in the kernel for those who await: a futex can be waited for by a thread only, and those of the thread pool are
/// for work. They come when they are needed, and end when they had nothing to do for some seconds.
/// </summary>
internal static class BlockingThreads
{
    private const int LongestIdle = 3000;

    private static readonly object Gate = new();
    private static readonly Queue<(Action Action, Action<Exception> Failed)> Waiting = new();
    private static int s_idle;

    /// <param name="action">What sleeps.</param>
    /// <param name="failed">Called with what it throws: somebody awaits its end.</param>
    internal static void Run(Action action, Action<Exception> failed)
    {
        lock (Gate)
        {
            Waiting.Enqueue((action, failed));
            if (Waiting.Count <= s_idle)
            {
                Monitor.Pulse(Gate);
                return;
            }
        }

        Background.Thread("Tandem waiter", 256 * 1024, Work).UnsafeStart();
    }

    private static void Work()
    {
        while (true)
        {
            (Action Action, Action<Exception> Failed) next;
            lock (Gate)
            {
                if (!Waiting.TryDequeue(out next))
                {
                    s_idle++;
                    Monitor.Wait(Gate, LongestIdle);
                    s_idle--;
                    if (!Waiting.TryDequeue(out next))
                        return;
                }
            }

            Background.Run(next.Action, next.Failed);
        }
    }
}
