using System.Numerics;
using Tandem.Serialization;

namespace Tandem.Transport.SharedMemory;

/// <summary>
/// Blocks of shared memory for payloads that are too large for a frame: written once by their owner, read in place by the other
/// process, which cannot write them. The area is a large sparse region; only pages that were touched cost memory.
/// </summary>
/// <remarks>Segregated free lists of power-of-two blocks (Knuth, TAOCP vol. 1, 2.5): a block's slack is address space, not memory.</remarks>
internal sealed unsafe class PayloadArea : IPayloadMemory, IDisposable
{
    /// <summary>Address space of one area; bounds what can be in flight at once.</summary>
    internal static readonly nint DefaultSize = unchecked((nint)(64L << 30));

    private const int SmallestShift = 14;

    /// <summary>Freed blocks keep their pages up to this sum, so that steady traffic does not fault them in again.</summary>
    private const long ResidentLimit = 128L << 20;

    private readonly SharedRegion _region;
    private readonly Lock _lock = new();
    private readonly Stack<long>[] _free = new Stack<long>[64];
    private Dictionary<long, int>? _allocated; // made when it is first needed: its code is compiled at run time
    private readonly HashSet<long> _resident = [];
    private long _residentBytes;
    private long _top;
    private bool _closed;

    internal PayloadArea(SharedRegion region) => _region = region;

    internal SharedRegion Region => _region;

    /// <summary>Blocks that are handed out; 0 when nothing is in flight.</summary>
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
                throw new ProtocolException($"a payload block at {offset} was released that is not in use");

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

    /// <summary>Gives the pages of all free blocks back to the system: for a time of rest.</summary>
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

    /// <summary>No more blocks are given; the memory goes with the last one that somebody still writes or reads.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            if (_allocated is not { Count: > 0 })
                _region.Dispose();
        }
    }

    private static ObjectDisposedException PoolIsDisposed() => new($"{nameof(Tandem)}.{nameof(WorkerPool)}");
}
