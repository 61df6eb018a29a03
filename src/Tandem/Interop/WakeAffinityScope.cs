namespace Tandem.Interop;

/// <summary>
/// A scope during which a sleeping thread, of this or another process, can only wake up on the processor of the calling thread. Disposing
/// it restores the thread's affinity. It is for wake-ups while a process exits: the kernel frees that process's memory without preemption
/// for up to milliseconds, and it may place a woken thread on that processor instead of the waker's, which is about to become idle.
/// </summary>
/// <remarks>Has no effect where the system refuses, or if the thread may not run on this processor.</remarks>
internal readonly ref struct WakeAffinityScope : IDisposable
{
    private readonly int _thread;
    private readonly ProcessorSet _before;

    /// <param name="thread">The kernel's id of the thread; 0 for none.</param>
    internal WakeAffinityScope(int thread)
    {
        int here = Libc.GetProcessor();
        if (thread == 0 || here < 0 || !Libc.TryGetProcessors(thread, out _before) || !_before.Contains(here))
            return;

        var only = default(ProcessorSet);
        only.Add(here);
        if (Libc.TrySetProcessors(thread, in only))
            _thread = thread;
    }

    public void Dispose()
    {
        if (_thread != 0)
            _ = Libc.TrySetProcessors(_thread, in _before);
    }
}
