using System.Diagnostics;
using System.Numerics;
using Tandem.Interop;
using Tandem.Serialization;

namespace Tandem.Transport.SharedMemory;

/// <summary>
/// Blocks of shared memory for payloads that are too large for a frame. The owner writes a block once; the other process reads it in
/// place and cannot write it. The area is a large sparse region: only pages that were touched use memory.
/// </summary>
/// <remarks>
/// Segregated free lists of power-of-two blocks (Knuth, TAOCP vol. 1, 2.5). The unused part of a block uses address space only, not
/// memory. Free blocks keep their pages for a while, so that steady traffic causes no page faults. So the area never has more memory than
/// was in flight at once in the last seconds.
///
/// Memory order: only the owner's threads use the free lists, under a lock. The content of a block goes to the other process with the frame
/// that names it (<see cref="Ring"/>), and the block comes back with the answer, or through the <see cref="ReleaseQueue"/>.
/// </remarks>
internal sealed unsafe class PayloadArea : IPayloadMemory, IDisposable
{
    /// <summary>
    /// The address space of one area; limits the payloads that can be in flight at once. Each worker has an area, and so has each pool.
    /// </summary>
    internal static readonly nint DefaultSize = AddressSpace.Share;

    private const nint SmallestSize = 1 << 30;

    private const int SmallestShift = 14;

    /// <summary>Larger blocks are handed out in steps of this size, so that it is known how much of them was touched.</summary>
    private const nint Step = 256 * 1024;

    /// <summary>A block that nobody has used for this time gives its pages back to the system.</summary>
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan TrimPeriod = TimeSpan.FromSeconds(1);

    private readonly SharedRegion _region;
    private readonly TimeSpan _patience; // how long free blocks keep their pages
    private readonly Lock _lock = new(); // guards all fields below
    private readonly List<FreeBlock>?[] _free = new List<FreeBlock>?[64]; // free blocks, by the logarithm of their size; the last freed is last
    private Dictionary<long, UsedBlock>? _allocated; // by offset; created on first use, because its code must be JIT-compiled
    private long _trimmedAt; // when free blocks were last checked, as a timestamp
    private long _top; // the end of the part that was ever allocated
    private bool _closed; // the region is disposed once the last block is free

    internal PayloadArea(SharedRegion region, TimeSpan? patience = null)
    {
        _region = region;
        _patience = patience ?? DefaultPatience;
    }

    internal SharedRegion Region => _region;

    /// <summary>Creates the memory of an area. If the address space has no room for the usual size, the area is smaller.</summary>
    /// <param name="create">Creates a region of a size in bytes.</param>
    /// <exception cref="IOException">The memory could not be created.</exception>
    internal static SharedRegion CreateRegion(Func<nint, SharedRegion> create) => CreateRegion(create, DefaultSize, SmallestSize, divisor: 8);

    /// <summary>Creates memory of the largest size that the system provides.</summary>
    /// <param name="create">Creates a region of a size in bytes.</param>
    /// <param name="largest">The size that is tried first.</param>
    /// <param name="smallest">At this size, the error is thrown.</param>
    /// <param name="divisor">How many times smaller the next size is.</param>
    /// <exception cref="IOException">The memory could not be created.</exception>
    internal static SharedRegion CreateRegion(Func<nint, SharedRegion> create, nint largest, nint smallest, int divisor)
    {
        for (nint size = largest; ; size /= divisor)
        {
            try
            {
                return create(size);
            }
            catch (IOException) when (size > smallest && !SystemLimits.LimitsMappings)
            {
                // The file system or the address space has no room. A limit of the process is an error that names the limit instead: under
                // it, the runtime of a worker has no room either.
            }
        }
    }

    /// <summary>The number of allocated blocks; 0 when nothing is in flight.</summary>
    internal int AllocatedBlocks
    {
        get
        {
            lock (_lock)
                return _allocated?.Count ?? 0;
        }
    }

    /// <summary>The bytes of free blocks that keep their pages.</summary>
    internal long ResidentBytes
    {
        get
        {
            lock (_lock)
                return _free.Sum(static list => list?.Sum(static block => block.Resident) ?? 0);
        }
    }

    public byte* Allocate(nint size, out nint actual)
    {
        int shift = Math.Max(SmallestShift, 64 - BitOperations.LeadingZeroCount((ulong)(size - 1)));
        nint whole = (nint)1 << shift;
        actual = whole <= Step ? whole : Math.Min(whole, (size + Step - 1) & ~(Step - 1));
        nint resident = 0;
        byte* block;
        lock (_lock)
        {
            if (_closed)
                throw PoolIsDisposed();

            long offset;
            if (_free[shift] is { Count: > 0 } list)
            {
                // The one that was used last is the warmest in the caches.
                (offset, _, resident) = list[^1];
                list.RemoveAt(list.Count - 1);
            }
            else
            {
                offset = _top;
                if (offset + whole > _region.Length)
                {
                    throw new WorkSerializationException(
                        $"the {_region.Length >> 30} GiB of address space for payloads in flight are used up; send less at once");
                }

                _top += whole;
            }

            actual = Commit(offset, size, actual, shift, resident);
            (_allocated ??= []).Add(offset, new UsedBlock(shift, Math.Max(resident, actual)));
            block = _region.Address + offset;
        }

        if (size > resident)
            PageFaults.PopulateForWriting(block + resident, size - resident);
        return block;
    }

    public void Free(byte* block)
    {
        long offset = block - _region.Address;
        lock (_lock)
        {
            if (_allocated is null || !_allocated.Remove(offset, out UsedBlock used))
                throw new ProtocolException($"a payload block at {offset} was released but is not in use");

            long now = Stopwatch.GetTimestamp();
            (_free[used.Shift] ??= []).Add(new FreeBlock(offset, now, used.Touched));
            if (Stopwatch.GetElapsedTime(_trimmedAt, now) > TrimPeriod)
                TrimUnused(now, _patience);
            if (_closed && _allocated is not { Count: > 0 })
                _region.Dispose();
        }
    }

    /// <summary>Returns the pages of blocks to the system that have not been used for a while.</summary>
    internal void Trim()
    {
        lock (_lock)
        {
            if (!_closed)
                TrimUnused(Stopwatch.GetTimestamp(), _patience);
        }
    }

    private void TrimUnused(long now, TimeSpan patience)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        _trimmedAt = now;
        foreach (List<FreeBlock>? list in _free)
        {
            // Blocks are freed and taken at the end of the list, so the first ones are the oldest.
            for (int i = 0; i < list?.Count && Stopwatch.GetElapsedTime(list[i].FreedAt, now) >= patience; i++)
            {
                if (list[i].Resident == 0)
                    continue;

                _region.Discard((nint)list[i].Offset, list[i].Resident);
                list[i] = list[i] with { Resident = 0 };
            }
        }
    }

    /// <summary>Stops allocation. The memory is freed with the last block that is still in use.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            if (_allocated is not { Count: > 0 })
                _region.Dispose();
        }
    }

    /// <summary>Makes sure that a block which was taken can be written; see <see cref="SharedRegion.Commit"/>.</summary>
    private nint Commit(long offset, nint needed, nint available, int shift, nint resident)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        long now = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return _region.Commit((nint)offset, needed, available);
            }
            catch (IOException) when (ResidentBytes > 0)
            {
                TrimUnused(now, TimeSpan.Zero);
            }
            catch (IOException e)
            {
                (_free[shift] ??= []).Add(new FreeBlock(offset, now, resident));
                throw new WorkSerializationException($"there is no memory for a payload of {needed} bytes: {e.Message}");
            }
        }
    }

    private static ObjectDisposedException PoolIsDisposed() => new($"{nameof(Tandem)}.{nameof(WorkerPool)}");

    /// <param name="Shift">The logarithm of the block's size.</param>
    /// <param name="Touched">The bytes at its start that may have pages.</param>
    private readonly record struct UsedBlock(int Shift, nint Touched);

    /// <param name="Offset">Where the block is.</param>
    /// <param name="FreedAt">When it was freed, as a timestamp.</param>
    /// <param name="Resident">The bytes at its start that may have pages.</param>
    private readonly record struct FreeBlock(long Offset, long FreedAt, nint Resident);
}
