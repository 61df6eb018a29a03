namespace Tandem.Interop;

/// <summary>
/// While it lasts, a sleeping thread of this or another process may wake up only on the processor of the calling thread; afterwards
/// wherever it might before. For wake-ups while a process ends: the kernel takes its memory apart without a pause, up to milliseconds,
/// and puts a woken thread behind that as readily as on the processor of the waker, which is about to be free.
/// </summary>
/// <remarks>Does nothing where the system refuses, or where the thread was told to run elsewhere.</remarks>
internal readonly ref struct KeptHere : IDisposable
{
    private readonly int _thread;
    private readonly ProcessorSet _before;

    /// <param name="thread">The kernel's id of the thread; 0 for none.</param>
    internal KeptHere(int thread)
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
