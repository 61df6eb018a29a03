using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tandem.Interop;

namespace Tandem.Serialization;

/// <summary>Allocates large arrays that are filled at once, if possible in memory that causes no page faults.</summary>
/// <remarks>
/// After each collection, the garbage collector gives the end of its first region of large objects back to the system, from the last living
/// object on. A large array that lies there costs all its page faults again, each time. If that is observed, a small object is put behind
/// it ("keeper"). Then its memory becomes a free block of the region, which the next large array takes. Regions without any living object
/// are kept whole, so arrays in the other regions do not need this.
/// </remarks>
internal static unsafe class LargeArrays
{
    /// <summary>
    /// An object of this size is in the heap for large objects. In workers the threshold is higher, and as large as a region for small
    /// objects. Nothing touches the object's memory.
    /// </summary>
    private static int KeeperSize => ProcessRole.IsWorker ? 4 << 20 : 85_000;

    /// <summary>An array of this size has a region of its own. The runtime's default for regions of large objects.</summary>
    private const nint RegionSize = 32 << 20;

    /// <summary>A keeper that is not further behind is in the same region.</summary>
    private const nint Adjacent = 1024;

    private const int MaximumKeepers = 4;

    /// <summary>How many objects are allocated at most until one of them lies behind an array: the others fill gaps elsewhere.</summary>
    private const int Attempts = 4;

    private const int RecentCount = 8;

    /// <summary>How long keepers stay after the last large array.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly Lock Gate = new(); // guards all fields below
    private static readonly Queue<byte[]> Keepers = [];
    private static readonly nint[] Recent = new nint[RecentCount]; // where the last large arrays were; only compared
    private static int s_nextRecent;
    private static long s_lastUse; // when the last large array was allocated, as a timestamp; 0 for never

    /// <summary>Allocates an array whose elements are not initialized, and which is filled completely afterwards.</summary>
    internal static T[] Allocate<T>(int count)
    {
        T[] array = GC.AllocateUninitializedArray<T>(count);
        nint size = (nint)count * Unsafe.SizeOf<T>();
        if (size >= PageFaults.Threshold && OperatingSystem.IsLinux())
            Prepare(AddressOf(array), size);
        return array;
    }

    /// <summary>Called when no work has come for a while. Returns whether memory can be given back now.</summary>
    internal static bool Rest()
    {
        lock (Gate)
        {
            if (s_lastUse == 0 || Stopwatch.GetElapsedTime(s_lastUse) < Patience)
                return false;

            s_lastUse = 0;
            Keepers.Clear();
            return true;
        }
    }

    // The array may be moved meanwhile, though the runtime does not move large objects unless it is asked to. Then other pages of the heap
    // are made present, and nothing else happens.
    private static void Prepare(byte* start, nint size)
    {
        bool wasGivenBack = PageFaults.AreLikely(start, size);
        if (wasGivenBack)
            PageFaults.PopulateForWriting(start, size);

        lock (Gate)
        {
            s_lastUse = Stopwatch.GetTimestamp();
            if (Array.IndexOf(Recent, (nint)start) >= 0)
            {
                if (wasGivenBack && size <= RegionSize - KeeperSize)
                    PutBehind((nint)start + size);
                return;
            }

            Recent[s_nextRecent++ % RecentCount] = (nint)start;
        }
    }

    private static void PutBehind(nint end)
    {
        Debug.Assert(Gate.IsHeldByCurrentThread);
        byte[][] others = new byte[Attempts][]; // referred to, so that the next attempt gets another place
        try
        {
            for (int i = 0; i < Attempts; i++)
            {
                byte[] keeper = others[i] = GC.AllocateUninitializedArray<byte>(KeeperSize);
                if ((nint)AddressOf(keeper) - end is not (> 0 and <= Adjacent))
                    continue;

                if (Keepers.Count == MaximumKeepers)
                    Keepers.Dequeue();
                Keepers.Enqueue(keeper);
                break;
            }
        }
        catch (OutOfMemoryException)
        {
            // An item with a memory limit: the array itself is there, and will only cause page faults.
        }

        GC.KeepAlive(others);
    }

    private static byte* AddressOf<T>(T[] array) =>
        (byte*)Unsafe.AsPointer(ref Unsafe.As<T, byte>(ref MemoryMarshal.GetArrayDataReference(array)));
}
