using System.Collections.Concurrent;
using System.IO.MemoryMappedFiles;

namespace Tandem.Chaos;

/// <summary>Two counts for each item, in a file that all processes map: how often it was started, and ended. It outlives every worker.</summary>
internal sealed unsafe class Ledger : IDisposable
{
    private const int EntrySize = 2 * sizeof(int);

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly int* _counts;

    internal Ledger(string path, long items)
        : this(MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, items * EntrySize)) => Path = path;

    internal Ledger(string path)
        : this(MemoryMappedFile.CreateFromFile(path, FileMode.Open)) => Path = path;

    private Ledger(MemoryMappedFile file)
    {
        _file = file;
        _view = file.CreateViewAccessor();
        byte* pointer = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        _counts = (int*)pointer;
    }

    internal string Path { get; } = "";

    internal void Started(int number) => Interlocked.Increment(ref _counts[2 * number]);

    internal void Ended(int number) => Interlocked.Increment(ref _counts[2 * number + 1]);

    internal int StartsOf(int number) => Volatile.Read(ref _counts[2 * number]);

    internal int EndsOf(int number) => Volatile.Read(ref _counts[2 * number + 1]);

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}

/// <summary>In a worker: the ledger, opened once.</summary>
internal static class WorkerLedger
{
    private static readonly ConcurrentDictionary<string, Ledger> Open = new();

    internal static Ledger Of(string path) => Open.GetOrAdd(path, static path => new Ledger(path));
}
