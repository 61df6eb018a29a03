using Tandem.Transport.SharedMemory;

namespace Tandem.Transport.Mapped;

/// <summary>Wakes a thread by an event that resets itself: a named one, if the thread is in another process (Windows).</summary>
/// <remarks>The event remembers one ring, and setting and waiting are full fences. Model: docs/models/c/doorbell.c with BELL.</remarks>
/// <param name="handle">The event. The bell owns it.</param>
internal sealed class EventBell(EventWaitHandle handle) : Bell
{
    internal override void Ring() => handle.Set();

    internal override void Wait(int milliseconds) => handle.WaitOne(milliseconds);

    public override void Dispose() => handle.Dispose();
}
