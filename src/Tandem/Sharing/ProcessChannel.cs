using System.Diagnostics;
using System.Threading.Channels;
using Tandem.Invocation;
using Tandem.Serialization;

namespace Tandem.Sharing;

/// <summary>This process's object for a bounded channel between processes.</summary>
[DebuggerDisplay("{Ring.Count} of {Ring.Capacity}")]
[Shape(typeof(SharedShape<>))]
internal sealed unsafe class ProcessChannel<T> : Channel<T>, ISharedObject<ProcessChannel<T>>
{
    private readonly Action<T>? _itemDropped; // null in processes that have only opened the channel

    private ProcessChannel(ChannelRing ring, BoundedChannelFullMode fullMode, Action<T>? itemDropped)
    {
        Ring = ring;
        FullMode = fullMode;
        _itemDropped = itemDropped;
        Readers = new ChannelWaiters(ring, &ring.Control->NotEmpty, static ring => ring.HasElement || ring.IsDrained);
        Writers = new ChannelWaiters(ring, &ring.Control->NotFull, static ring => ring.HasRoom || ring.Completed != 0);
        Ends = new ChannelWaiters(ring, &ring.Control->NotEmpty, static ring => ring.IsDrained);
        Reader = new ProcessChannelReader<T>(this);
        Writer = new ProcessChannelWriter<T>(this);
    }

    internal ChannelRing Ring { get; }

    internal BoundedChannelFullMode FullMode { get; }

    internal ChannelWaiters Readers { get; }

    internal ChannelWaiters Writers { get; }

    /// <summary>The waiters for the completion.</summary>
    internal ChannelWaiters Ends { get; }

    public SharedSegment? Segment => Ring.Segment;

    internal static ProcessChannel<T> Create(int capacity, BoundedChannelFullMode fullMode, int longestElement, Action<T>? itemDropped)
    {
        var ring = ChannelRing.Create(typeof(T), ElementTransfer<T>.Size, capacity, (int)fullMode, longestElement);
        var channel = new ProcessChannel<T>(ring, fullMode, itemDropped);
        SharedObjects.Add(channel, ring.Segment);
        return channel;
    }

    public static ProcessChannel<T> Open(SharedSegment segment)
    {
        Elements.Expect<T>(segment, SegmentKind.Channel, ElementTransfer<T>.Size);
        ChannelRing ring = ChannelRing.Open(segment);
        return new ProcessChannel<T>(ring, (BoundedChannelFullMode)ring.FullMode, null);
    }

    internal bool TryWrite(T item)
    {
        PayloadWriter? prepared = ElementTransfer<T>.Prepare(item, Ring.LongestElement);
        try
        {
            while (Ring.Completed == 0)
            {
                if (Ring.TryClaimWrite(out long position, out byte* cell))
                {
                    ElementTransfer<T>.Store(Ring, position, cell, item, prepared);
                    Ring.Publish(position, cell);
                    return true;
                }

                if (FullMode == BoundedChannelFullMode.Wait || Ring.Completed != 0)
                    return false;

                if (MakeRoom(item, prepared))
                    return true;
            }

            return false;
        }
        finally
        {
            ElementTransfer<T>.Return(prepared);
            GC.KeepAlive(Ring);
        }
    }

    internal bool TryRead(out T item)
    {
        if (!Ring.TryClaimRead(out long position, out byte* cell))
        {
            item = default!;
            return false;
        }

        T? loaded = ElementTransfer<T>.Load(Ring, position, cell, out ArraySegment<byte> bytes);
        Ring.FreeCell(position, cell);
        item = ElementTransfer<T>.Finish(loaded, bytes);
        GC.KeepAlive(Ring);
        return true;
    }

    internal bool TryPeek(out T item)
    {
        while (Ring.TryPeek(out long position, out byte* cell, out long replacements))
        {
            T? loaded = ElementTransfer<T>.Load(Ring, position, cell, out ArraySegment<byte> bytes);
            if (Ring.IsStill(position, cell, replacements))
            {
                item = ElementTransfer<T>.Finish(loaded, bytes);
                return true;
            }

            if (bytes.Array is { } unused)
                System.Buffers.ArrayPool<byte>.Shared.Return(unused);
        }

        item = default!;
        return false;
    }

    internal bool TryComplete(Exception? error)
    {
        using var writer = new PayloadWriter();
        writer.Begin(HeapMemory.Instance, CallLinks.ForResults);
        writer.Answer = AnswerPolicy.ForElements(typeof(Exception)).ForErrors;
        if (error is not null)
            WriteError(writer, error);

        bool completed = false;
        Ring.Locked(() =>
        {
            ChannelControl* control = Ring.Control;
            if (control->Completed != 0)
                return;

            control->ErrorLength = (int)writer.Length;
            Buffer.MemoryCopy(writer.Start, Ring.Error, ChannelLayout.LongestError, writer.Length);
            Volatile.Write(ref control->Completed, error is null ? 1 : 2);
            Interlocked.MemoryBarrier(); // the completion must be visible before the bells check for sleepers
            completed = true;
        });
        if (completed)
        {
            ChannelBell.Ring(&Ring.Control->NotEmpty);
            ChannelBell.Ring(&Ring.Control->NotFull);
        }

        return completed;
    }

    /// <summary>Returns the error that the channel was completed with; each call creates a new object.</summary>
    internal Exception? Error()
    {
        if (Ring.Completed != 2)
            return null;

        int length = Math.Clamp(Ring.Control->ErrorLength, 0, ChannelLayout.LongestError);
        byte[] copy = new ReadOnlySpan<byte>(Ring.Error, length).ToArray();
        fixed (byte* start = copy)
        {
            var reader = new PayloadReader();
            reader.Begin(start, length, CallLinks.ForResults, AnswerPolicy.ForElements(typeof(Exception)).ForErrors);
            try
            {
                return ExceptionCodec.Read(reader);
            }
            catch (PayloadCorruptException e)
            {
                return new IOException("The channel was completed with an error that cannot be read.", e);
            }
        }
    }

    private static void WriteError(PayloadWriter writer, Exception error)
    {
        ExceptionCodec.Write(writer, error);
        if (writer.Length <= ChannelLayout.LongestError)
            return;

        string text = $"{error.GetType().FullName}: {error.Message}";
        writer.Begin(HeapMemory.Instance, CallLinks.ForResults);
        writer.Answer = AnswerPolicy.ForElements(typeof(Exception)).ForErrors;
        ExceptionCodec.Write(writer, new IOException(text.Length <= 500 ? text : text[..500]));
    }

    /// <summary>
    /// Makes room in the modes that drop elements: true if the element is written or dropped, false if the caller must try to write
    /// again.
    /// </summary>
    private bool MakeRoom(T item, PayloadWriter? prepared)
    {
        long position;
        byte* cell;
        switch (FullMode)
        {
            case BoundedChannelFullMode.DropWrite:
                _itemDropped?.Invoke(item);
                return true;

            case BoundedChannelFullMode.DropOldest:
                if (Ring.TryClaimRead(out position, out cell))
                {
                    T? loadedOldest = ElementTransfer<T>.Load(Ring, position, cell, out ArraySegment<byte> oldest);
                    Drop(loadedOldest, oldest, position, cell, isRead: true);
                }

                return false;

            default:
                if (!Ring.TryClaimNewest(out position, out cell))
                    return false;

                T? loaded = ElementTransfer<T>.Load(Ring, position, cell, out ArraySegment<byte> newest);
                ElementTransfer<T>.Store(Ring, position, cell, item, prepared);
                Drop(loaded, newest, position, cell, isRead: false);
                return true;
        }
    }

    private void Drop(T? loaded, ArraySegment<byte> bytes, long position, byte* cell, bool isRead)
    {
        if (isRead)
            Ring.FreeCell(position, cell);
        else
            Ring.Publish(position, cell);

        if (_itemDropped is not null)
            _itemDropped(ElementTransfer<T>.Finish(loaded, bytes));
        else if (bytes.Array is { } unused)
            System.Buffers.ArrayPool<byte>.Shared.Return(unused);
    }
}
