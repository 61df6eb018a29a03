using Tandem.Serialization;

namespace Tandem.Sharing;

/// <summary>The shared objects that this process has open. An object that arrives twice is the same object.</summary>
internal static unsafe class SharedObjects
{
    // Guards all fields below.
    private static readonly Lock Gate = new();
    private static readonly Dictionary<(Guid Id, bool IsReadOnly), WeakReference<ISharedObject>> Known = [];
    private static int s_purgeAt = 64; // the size at which dead entries are removed

    /// <summary>Adds an object that this process created.</summary>
    internal static void Add(ISharedObject made, SharedSegment segment)
    {
        _ = segment.TryUse(isCustody: false);
        lock (Gate)
            Put(made, segment);
    }

    /// <summary>Returns the object that a reference from another process identifies.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="isCustody">
    /// Whether the object is only kept until a value with it arrives; see <see cref="SharedSegment.EndCustody"/>.
    /// </param>
    internal static TObject Open<TObject>(in SegmentReference reference, bool isCustody = false)
        where TObject : class, ISharedObject<TObject>
    {
        lock (Gate)
        {
            if (Find(reference.Id, reference.IsReadOnly, isCustody) is { } known)
            {
                return known as TObject
                    ?? throw new PayloadCorruptException(
                        $"{TypeChecks.WithArticle(known.GetType())} where {TypeChecks.WithArticle(typeof(TObject))} was expected");
            }

            SharedSegment segment = SharedSegment.Open(in reference);
            TObject opened;
            try
            {
                opened = TObject.Open(segment);
            }
            catch
            {
                segment.Close(unmap: true);
                throw;
            }

            _ = segment.TryUse(isCustody);
            Put(opened, segment);
            SharedHousekeeping.Watch();
            return opened;
        }
    }

    /// <summary>
    /// Another process owns an object from now on: all mappings of its memory in this process, writable and read-only, are released once
    /// that process disposes it.
    /// </summary>
    internal static void Disown(Guid id)
    {
        lock (Gate)
        {
            foreach (bool isReadOnly in (ReadOnlySpan<bool>)[false, true])
            {
                if (Known.TryGetValue((id, isReadOnly), out WeakReference<ISharedObject>? reference)
                    && reference.TryGetTarget(out ISharedObject? target))
                {
                    SegmentOf(target)?.Disown();
                }
            }
        }

        SharedHousekeeping.Watch();
    }

    /// <summary>
    /// Counts the objects that another process created and disposed while they are still open here. Each is counted once.
    /// </summary>
    internal static int CountAbandoned(HashSet<Guid> seen, out int open)
    {
        int abandoned = 0;
        open = 0;
        lock (Gate)
        {
            foreach (WeakReference<ISharedObject> reference in Known.Values)
            {
                if (!reference.TryGetTarget(out ISharedObject? target)
                    || SegmentOf(target) is not { IsClosed: false, IsOwn: false } segment)
                {
                    continue;
                }

                open++;
                if (Volatile.Read(ref segment.Header->Closed) != 0 && seen.Add(segment.Id))
                    abandoned++;
            }
        }

        return abandoned;
    }

    private static ISharedObject? Find(Guid id, bool isReadOnly, bool isCustody) =>
        Known.TryGetValue((id, isReadOnly), out WeakReference<ISharedObject>? reference)
            && reference.TryGetTarget(out ISharedObject? target)
            && SegmentOf(target) is { } segment && segment.TryUse(isCustody) ? target : null;

    private static SharedSegment? SegmentOf(ISharedObject target)
    {
        try
        {
            return target.Segment;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    private static void Put(ISharedObject value, SharedSegment segment)
    {
        Known[(segment.Id, segment.IsReadOnly)] = new WeakReference<ISharedObject>(value);
        if (Known.Count < s_purgeAt)
            return;

        foreach (var (key, reference) in Known)
        {
            if (!reference.TryGetTarget(out ISharedObject? target) || SegmentOf(target) is null or { IsClosed: true })
                Known.Remove(key);
        }

        s_purgeAt = Math.Max(64, Known.Count * 2);
    }
}
