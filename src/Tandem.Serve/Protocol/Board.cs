using Tandem.Transport.SharedMemory;

namespace Tandem.Serve.Protocol;

/// <summary>
/// Shared memory that the supervisor and all workers map. Each worker writes its own entry, and every process reads all entries. So a
/// worker knows how many connections the others have, and the supervisor sees the state of each worker at any time, without messages.
/// </summary>
/// <remarks>
/// Every field is one aligned 64-bit word with one writer at a time, and is read and written as a whole. Readers use single fields only,
/// and no field implies anything about another field, so no ordering is needed. The threads of a worker increment its counters atomically.
/// </remarks>
internal sealed unsafe class Board : IDisposable
{
    /// <summary>
    /// The number of entries. The first one is not a worker's; each other one belongs to one worker, including workers that start or drain.
    /// </summary>
    internal const int Capacity = 512;

    /// <summary>
    /// The index of the first worker's entry. The entry before it holds values that concern all workers (<see cref="Used"/>,
    /// <see cref="Target"/>).
    /// </summary>
    internal const int First = 1;

    private readonly SharedRegion _region; // the mapped memory

    private readonly TimeProvider _time; // tells whether a worker's last heartbeat is long ago

    private Board(SharedRegion region, TimeProvider time)
    {
        _region = region;
        _time = time;
    }

    /// <summary>The descriptor of the shared memory, to pass it to another process.</summary>
    internal int Descriptor => _region.Descriptor;

    private static int Length => Capacity * sizeof(BoardEntry);

    /// <param name="time">The clock of the workers' heartbeats.</param>
    internal static Board Create(TimeProvider time) => new(SharedRegion.Create("tandem-serve", Length, othersReadOnly: false), time);

    /// <summary>Maps a board that another process created, and takes ownership of the descriptor.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="time">The clock of the workers' heartbeats.</param>
    internal static Board Open(int descriptor, TimeProvider time) => new(SharedRegion.Open(descriptor, Length, writable: true), time);

    internal ref BoardEntry this[int index] => ref ((BoardEntry*)_region.Address)[index];

    /// <summary>The smallest number of connections of any other accepting worker; <see cref="long.MaxValue"/> if there is none.</summary>
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

    /// <summary>
    /// The average number of connections that the other accepting workers accepted since <paramref name="before"/> was read. Workers that
    /// accepted none do not count.
    /// </summary>
    /// <param name="index">The entry of the calling worker.</param>
    /// <param name="before">The counts at the start of the interval, by entry: see <see cref="ReadAccepted"/>.</param>
    /// <returns>0 if no other worker accepted any.</returns>
    internal double AcceptedBeside(int index, ReadOnlySpan<long> before)
    {
        long sum = 0, workers = 0, used = Used;
        for (int i = First; i < used; i++)
        {
            if (i != index && Volatile.Read(ref this[i].State) == (long)WebWorkerState.Accepting
                && Volatile.Read(ref this[i].Accepted) - before[i] is > 0 and var taken)
            {
                (sum, workers) = (sum + taken, workers + 1);
            }
        }

        return workers == 0 ? 0 : (double)sum / workers;
    }

    /// <summary>Reads how many connections each worker has accepted, by entry.</summary>
    internal void ReadAccepted(Span<long> counts)
    {
        long used = Used;
        for (int i = First; i < used; i++)
            counts[i] = Volatile.Read(ref this[i].Accepted);
    }

    /// <summary>Whether the worker with an entry accepts connections.</summary>
    internal bool IsAccepting(int index) => this[index].AcceptsAt(_time.GetMilliseconds());

    /// <summary>Whether the worker with this id accepts connections.</summary>
    internal bool Accepts(long id)
    {
        long used = Used;
        for (int i = First; i < used; i++)
        {
            if (Volatile.Read(ref this[i].Id) == id)
                return IsAccepting(i);
        }

        return false;
    }

    /// <summary>Whether a worker with this id exists.</summary>
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
    /// Selects the accepting worker that a client belongs to. All workers select the same one. When a worker comes or goes, only the
    /// clients that it gains or loses move (rendezvous hashing: the highest of all hashes of client and worker).
    /// </summary>
    /// <returns>The worker's id; 0 if no worker accepts.</returns>
    internal long ChooseFor(long client)
    {
        long chosen = 0, used = Used;
        ulong highest = 0;
        long now = _time.GetMilliseconds();
        for (int i = First; i < used; i++)
        {
            long id = Volatile.Read(ref this[i].Id);
            if (id == 0 || !this[i].AcceptsAt(now))
                continue;

            ulong hash = Mix((ulong)client ^ Mix((ulong)id));
            if (chosen == 0 || hash > highest)
                (chosen, highest) = (id, hash);
        }

        return chosen;
    }

    /// <summary>Mixes a number into all 64 bits (the last step of SplitMix64).</summary>
    internal static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }

    /// <summary>The intended number of workers. Fewer accept while a worker that has exited is being replaced.</summary>
    internal long Target
    {
        get => Volatile.Read(ref this[0].Target);
        set => Volatile.Write(ref this[0].Target, value);
    }

    /// <summary>One more than the highest index that was ever in use.</summary>
    internal long Used
    {
        get => Volatile.Read(ref this[0].Used);
        set => Volatile.Write(ref this[0].Used, value);
    }

    public void Dispose() => _region.Dispose();
}
