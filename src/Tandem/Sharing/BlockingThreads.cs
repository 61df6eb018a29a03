namespace Tandem.Sharing;

/// <summary>
/// Threads that sleep in the kernel for those who await: a futex can be waited for by a thread only, and those of the thread pool are
/// for work. They come when they are needed, and end when they had nothing to do for some seconds.
/// </summary>
internal static class BlockingThreads
{
    private const int LongestIdle = 3000;

    private static readonly object Gate = new();
    private static readonly Queue<Action> Waiting = new();
    private static int s_idle;

    internal static void Run(Action action)
    {
        lock (Gate)
        {
            Waiting.Enqueue(action);
            if (Waiting.Count <= s_idle)
            {
                Monitor.Pulse(Gate);
                return;
            }
        }

        new Thread(Work, 256 * 1024) { IsBackground = true, Name = "Tandem waiter" }.UnsafeStart();
    }

    private static void Work()
    {
        while (true)
        {
            Action? action;
            lock (Gate)
            {
                if (!Waiting.TryDequeue(out action))
                {
                    s_idle++;
                    Monitor.Wait(Gate, LongestIdle);
                    s_idle--;
                    if (!Waiting.TryDequeue(out action))
                        return;
                }
            }

            action();
        }
    }
}
