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
/// memory.
/// </remarks>
internal sealed unsafe class PayloadArea : IPayloadMemory, IDisposable
{
    /// <summary>
    /// The address space of one area; limits the payloads that can be in flight at once. Each worker has an area, and so has each pool.
    /// </summary>
    internal static readonly nint DefaultSize = AddressSpace.Share;

    private const long SmallestSize = 1L << 30;

    private const int SmallestShift = 14;

    /// <summary>Freed blocks keep their pages up to this total, so that steady traffic does not cause page faults.</summary>
    private const long ResidentLimit = 128L << 20;

    private readonly SharedRegion _region;
    private readonly Lock _lock = new(); // guards all fields below
    private readonly Stack<long>[] _free = new Stack<long>[64]; // offsets of free blocks, by the logarithm of their size
    private Dictionary<long, int>? _allocated; // block size shift by offset; created on first use, because its code must be JIT-compiled
    private readonly HashSet<long> _resident = []; // free blocks that keep their pages
    private long _residentBytes; // the total size of these blocks
    private long _top; // the end of the part that was ever allocated
    private bool _closed; // the region is disposed once the last block is free

    internal PayloadArea(SharedRegion region) => _region = region;

    internal SharedRegion Region => _region;

    /// <summary>Creates the memory of an area. If the address space has no room for the usual size, the area is smaller.</summary>
    /// <param name="create">Creates a region of a size in bytes.</param>
    /// <exception cref="IOException">The memory could not be created.</exception>
    internal static SharedRegion CreateRegion(Func<nint, SharedRegion> create)
    {
        for (nint size = DefaultSize; ; size >>= 3)
        {
            try
            {
                return create(size);
            }
            catch (IOException) when (size > SmallestSize && !SystemLimits.LimitsMappings)
            {
                // A limit of the process is an error that names the limit: under it, the runtime of a worker has no room either.
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

    public byte* Allocate(nint size, out nint actual)
    {
        int shift = Math.Max(SmallestShift, 64 - BitOperations.LeadingZeroCount((ulong)(size - 1)));
        actual = (nint)1 << shift;
        lock (_lock)
        {
            if (_closed)
                throw PoolIsDisposed();

            long offset;
            if (_free[shift] is { Count: > 0 } list)
            {
                offset = list.Pop();
                if (_resident.Remove(offset))
                    _residentBytes -= actual;
            }
            else
            {
                offset = _top;
                if (offset + actual > _region.Length)
                {
                    throw new WorkSerializationException(
                        $"the {_region.Length >> 30} GiB of address space for payloads in flight are used up; send less at once");
                }

                _top += actual;
            }

            actual = Commit(offset, size, actual, shift);
            (_allocated ??= []).Add(offset, shift);
            return _region.Address + offset;
        }
    }

    public void Free(byte* block)
    {
        long offset = block - _region.Address;
        lock (_lock)
        {
            if (_allocated is null || !_allocated.Remove(offset, out int shift))
                throw new ProtocolException($"a payload block at {offset} was released but is not in use");

            long size = 1L << shift;
            if (_residentBytes + size <= ResidentLimit)
            {
                _residentBytes += size;
                _resident.Add(offset);
            }
            else
            {
                _region.Discard((nint)offset, (nint)size);
            }

            (_free[shift] ??= new Stack<long>()).Push(offset);
            if (_closed && _allocated is not { Count: > 0 })
                _region.Dispose();
        }
    }

    /// <summary>Returns the pages of all free blocks to the system. Called when the connection is idle.</summary>
    internal void Trim()
    {
        lock (_lock)
        {
            if (_residentBytes == 0 || _closed)
                return;

            for (int shift = SmallestShift; shift < _free.Length; shift++)
            {
                foreach (long offset in _free[shift] ?? [])
                {
                    if (_resident.Remove(offset))
                        _region.Discard((nint)offset, (nint)1 << shift);
                }
            }

            _residentBytes = 0;
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
    private nint Commit(long offset, nint needed, nint available, int shift)
    {
        while (true)
        {
            try
            {
                return _region.Commit((nint)offset, needed, available);
            }
            catch (IOException) when (_residentBytes > 0)
            {
                Trim();
            }
            catch (IOException e)
            {
                (_free[shift] ??= new Stack<long>()).Push(offset);
                throw new WorkSerializationException($"there is no memory for a payload of {needed} bytes: {e.Message}");
            }
        }
    }

    private static ObjectDisposedException PoolIsDisposed() => new($"{nameof(Tandem)}.{nameof(WorkerPool)}");
}
