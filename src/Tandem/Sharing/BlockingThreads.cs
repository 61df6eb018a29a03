using Tandem.BackgroundWork;

namespace Tandem.Sharing;

/// <summary>
/// Threads that block in futex waits on behalf of asynchronous callers. Only a thread can wait for a futex, and blocking thread-pool
/// threads would starve other work. Threads are created on demand and exit after a few idle seconds.
/// </summary>
internal static class BlockingThreads
{
    // How long an idle thread waits for another action, in milliseconds.
    private const int LongestIdle = 3000;

    // Guards all fields below; idle threads wait on it.
    private static readonly object Gate = new();
    private static readonly Queue<(Action Action, Action<Exception> Failed)> Waiting = new(); // actions without a thread
    // Threads that wait on Gate for an action.
    private static int s_idle;

    /// <param name="action">The blocking action.</param>
    /// <param name="failed">Called with the exception that the action throws, so that its awaiter does not wait in vain.</param>
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
