using System.Runtime.InteropServices;
using Tandem.Transport.SharedMemory;

namespace Tandem.Serve.Protocol;

/// <summary>
/// Memory that the supervisor and all workers map: each worker writes its own entry, everybody reads all. So a worker knows how many
/// connections the others have, and the supervisor sees at any time what each of them does, without a message.
/// </summary>
/// <remarks>
/// Every field is one aligned 64-bit word with one writer at a time, read and written whole. Readers act on single fields only, and
/// none of them says anything about another, so no order between them is needed; a worker's counts are added to atomically by its threads.
/// </remarks>
internal sealed unsafe class Board : IDisposable
{
    /// <summary>How many entries there are; one for each worker at once, those that start or drain included, but for the first.</summary>
    internal const int Capacity = 512;

    /// <summary>The first entry of a worker. The one before says how many are in use.</summary>
    internal const int First = 1;

    private readonly SharedRegion _region;

    private Board(SharedRegion region) => _region = region;

    /// <summary>For handing it to another process.</summary>
    internal int Descriptor => _region.Descriptor;

    private static int Length => Capacity * sizeof(BoardEntry);

    internal static Board Create() => new(SharedRegion.Create("tandem-serve", Length, othersReadOnly: false));

    /// <summary>Maps a board that somebody else has made, and takes the descriptor over.</summary>
    internal static Board Open(int descriptor) => new(SharedRegion.Open(descriptor, Length, writable: true));

    internal ref BoardEntry this[int index] => ref ((BoardEntry*)_region.Address)[index];

    /// <summary>The fewest connections that any other accepting worker has; <see cref="long.MaxValue"/> where there is none.</summary>
    internal long FewestConnectionsBeside(int index)
    {
        long fewest = long.MaxValue;
        var entries = (BoardEntry*)_region.Address;
        long used = Used;
        for (int i = First; i < used; i++)
        {
            if (i != index && Volatile.Read(ref entries[i].State) == (long)WebWorkerState.Accepting)
                fewest = Math.Min(fewest, Volatile.Read(ref entries[i].Connections));
        }

        return fewest;
    }

    /// <summary>How many connections every other accepting worker that takes any has taken on average since counts were remembered.</summary>
    /// <param name="index">The worker that asks.</param>
    /// <param name="before">What all had taken then, by entry.</param>
    /// <returns>0 where no other takes any.</returns>
    internal double AcceptedBeside(int index, ReadOnlySpan<long> before)
    {
        long sum = 0, workers = 0, used = Used;
        for (int i = First; i < used; i++)
        {
            if (i != index && Volatile.Read(ref this[i].State) == (long)WebWorkerState.Accepting && Volatile.Read(ref this[i].Accepted) - before[i] is > 0 and var taken)
                (sum, workers) = (sum + taken, workers + 1);
        }

        return workers == 0 ? 0 : (double)sum / workers;
    }

    /// <summary>How many connections all have taken, by entry.</summary>
    internal void ReadAccepted(Span<long> counts)
    {
        long used = Used;
        for (int i = First; i < used; i++)
            counts[i] = Volatile.Read(ref this[i].Accepted);
    }

    /// <summary>Whether the worker of an id takes connections.</summary>
    internal bool Accepts(long id)
    {
        long used = Used;
        for (int i = First; i < used; i++)
        {
            if (Volatile.Read(ref this[i].Id) == id)
                return this[i].Accepts;
        }

        return false;
    }

    /// <summary>Whether there is a worker of an id.</summary>
    internal bool Has(long id)
    {
        long used = Used;
        for (int i = First; i < used; i++)
        {
            if (Volatile.Read(ref this[i].Id) == id)
                return true;
        }

        return false;
    }

    /// <summary>
    /// Which of the workers that take connections a client belongs to. All who ask choose the same one, and when a worker comes or goes, only
    /// those clients move that it takes or leaves (the highest of all hashes of client and worker).
    /// </summary>
    /// <returns>The worker's id; 0 where there is none.</returns>
    internal long ChooseFor(long client)
    {
        long chosen = 0, used = Used;
        ulong highest = 0;
        for (int i = First; i < used; i++)
        {
            long id = Volatile.Read(ref this[i].Id);
            if (id == 0 || !this[i].Accepts)
                continue;

            ulong hash = Mix((ulong)client ^ Mix((ulong)id));
            if (chosen == 0 || hash > highest)
                (chosen, highest) = (id, hash);
        }

        return chosen;
    }

    /// <summary>Spreads a number over all 64 bits (the last step of SplitMix64).</summary>
    internal static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }

    /// <summary>How many workers there are to be: fewer accept while one that has ended is being replaced.</summary>
    internal long Target
    {
        get => Volatile.Read(ref this[0].Target);
        set => Volatile.Write(ref this[0].Target, value);
    }

    /// <summary>How far entries were ever in use.</summary>
    internal long Used
    {
        get => Volatile.Read(ref this[0].Used);
        set => Volatile.Write(ref this[0].Used, value);
    }

    public void Dispose() => _region.Dispose();
}

/// <summary>What one worker shows of itself. Two cache lines, so that one worker's counting does not slow another's.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct BoardEntry
{
    /// <summary>A <see cref="WebWorkerState"/>.</summary>
    internal long State;

    /// <summary>Open connections.</summary>
    internal long Connections;

    /// <summary>Connections since the start.</summary>
    internal long Accepted;

    /// <summary>Requests since the start.</summary>
    internal long Requests;

    /// <summary>When a thread of its own last ran, in milliseconds of the system's monotonic clock (<see cref="Environment.TickCount64"/>).</summary>
    internal long AliveAt;

    /// <summary>When the thread pool last ran something that was queued.</summary>
    internal long PoolServedAt;

    /// <summary>Requests that are done, since the start.</summary>
    internal long Completed;

    /// <summary>Since when work has waited long for the thread pool, whose threads are blocked; 0 where it does not.</summary>
    internal long StarvedSince;

    /// <summary>In the entry that is no worker's: how many entries were ever in use.</summary>
    internal long Used;

    /// <summary>In the entry that is no worker's: how many workers there are to be.</summary>
    internal long Target;

    // New ones come last: workers of a former supervisor (USR2) share this memory with those of the next.

    /// <summary>Requests that took longer than they may, since the start.</summary>
    internal long TimedOut;

    /// <summary>Of those, how many have not ended although they were told to.</summary>
    internal long GivenUp;

    /// <summary>How work waits for the thread pool, in one word: <see cref="SetQueue"/>.</summary>
    internal long Queue;

    /// <summary>With sticky routing: by what other workers and cookies know it. The supervisor's to write; 0 for none.</summary>
    internal long Id;

    /// <summary>Connections that it took and handed to the worker that their clients belong to, since the start.</summary>
    internal long HandedOver;

    /// <summary>Requests that it forwarded to the worker that their clients belong to, since the start.</summary>
    internal long Forwarded;

    /// <summary>After how many milliseconds without a beat a process is not taken for one that runs.</summary>
    private const long MostSilence = 5_000;

    /// <summary>How long work waits for the thread pool, in milliseconds: what waits now has so far, or else what was served last did.</summary>
    internal readonly long QueueWait => Volatile.Read(in Queue) >> 1;

    /// <summary>Whether that is because all of the pool's threads are blocked; looked at only where workers are scaled by load.</summary>
    internal readonly bool IsBlocked => (Volatile.Read(in Queue) & 1) != 0;

    internal void SetQueue(long wait, bool isBlocked) => Volatile.Write(ref Queue, (wait << 1) | (isBlocked ? 1L : 0));

    /// <summary>Whether it takes connections: it says so, and runs.</summary>
    internal readonly bool Accepts =>
        Volatile.Read(in State) == (long)WebWorkerState.Accepting && Environment.TickCount64 - Volatile.Read(in AliveAt) < MostSilence;
}

/// <summary>Where a worker is in its life. It only moves down this list.</summary>
internal enum WebWorkerState : long
{
    /// <summary>No worker.</summary>
    None,

    /// <summary>The application starts.</summary>
    Starting,

    /// <summary>It would serve, but takes no connections: a spare, or one that is being tried.</summary>
    Ready,

    /// <summary>It takes connections.</summary>
    Accepting,

    /// <summary>It takes no new connections any more, and ends when those that it has are done.</summary>
    Draining,
}
