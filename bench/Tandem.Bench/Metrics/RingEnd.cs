using Tandem.Transport;
using Tandem.Transport.SharedMemory;

namespace Tandem.Bench.Metrics;

/// <summary>
/// One end of two rings in shared memory, with nothing around them: Tandem's own ring and futex, no work items, no dispatcher. What
/// Tandem takes beyond this is its own doing.
/// </summary>
internal sealed unsafe class RingEnd
{
    internal const int Length = 2 * Stride;
    private const int Capacity = 64 * 1024;
    private const int Stride = RingControl.Size + Capacity;

    private readonly RingWriter _writer;
    private readonly RingReader _reader;
    private readonly Doorbell _other;
    private readonly Doorbell _mine;

    internal RingEnd(byte* region, bool isParent)
    {
        byte* writing = isParent ? region : region + Stride;
        byte* reading = isParent ? region + Stride : region;
        _writer = new RingWriter(writing, Capacity);
        _reader = new RingReader(reading, Capacity);
        _other = new Doorbell(writing);
        _mine = new Doorbell(reading);
    }

    /// <summary>Sends a frame with a value.</summary>
    /// <param name="value">What the other end receives.</param>
    /// <param name="parked">Whether the other end may be asleep; otherwise nobody looks.</param>
    internal void Send(int value, bool parked)
    {
        byte* body = _writer.TryReserve(FrameKind.Invoke, 0, 0, value, sizeof(long));
        if (body == null)
            throw new InvalidOperationException("The ring is full: the other end does not read.");

        *(long*)body = value;
        _writer.Publish();
        if (parked && _other.MustWake())
            _other.Wake();
    }

    /// <summary>Receives a frame's value: parks at once, or spins.</summary>
    /// <param name="park">Whether to sleep on the futex until it comes.</param>
    /// <param name="isAlive">Asked now and then, so that a dead other end does not hang this one.</param>
    internal int Receive(bool park, Func<bool> isAlive)
    {
        if (park)
            Park(isAlive);
        else
            Spin(isAlive);

        if (!_reader.TryRead(out Frame frame))
            throw new InvalidOperationException("The ring said that it has a frame, and has none.");

        _reader.Release();
        return frame.Extra;
    }

    private void Park(Func<bool> isAlive)
    {
        while (true)
        {
            int signal = _mine.Prepare();
            _mine.Announce();
            if (_reader.HasFrames)
                break;

            _mine.Sleep(signal, again: false);
            if (_reader.HasFrames)
                break;

            if (!isAlive())
                throw new IOException("The other end of the ring is gone.");
        }

        _mine.Withdraw();
    }

    private void Spin(Func<bool> isAlive)
    {
        for (int i = 1; !_reader.HasFrames; i++)
        {
            if (i % 10_000_000 == 0 && !isAlive())
                throw new IOException("The other end of the ring is gone.");
        }
    }
}
