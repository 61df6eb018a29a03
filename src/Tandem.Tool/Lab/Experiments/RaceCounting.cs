using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>
/// The counters that threads use, one per remedy. The methods are optimized at once, so that no loop is measured before the runtime has
/// replaced it with faster code.
/// </summary>
internal sealed class RaceCounting
{
    private const MethodImplOptions Optimised = MethodImplOptions.AggressiveOptimization;

    /// <summary>The number of different words that are counted.</summary>
    internal const int Words = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, int> _words = [];
    private readonly ConcurrentDictionary<int, int> _concurrentWords = [];
    private long _count;

    internal long Count => _count + Sum(_words) + _concurrentWords.Sum(static pair => (long)pair.Value);

    internal static long Sum(Dictionary<int, int> words) => words.Sum(static pair => (long)pair.Value);

    [MethodImpl(Optimised)]
    internal void Plain(int operations)
    {
        for (int i = 0; i < operations; i++)
            _count++;
    }

    [MethodImpl(Optimised)]
    internal void Atomic(int operations)
    {
        for (int i = 0; i < operations; i++)
            Interlocked.Increment(ref _count);
    }

    [MethodImpl(Optimised)]
    internal void Locked(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            lock (_gate)
                _count++;
        }
    }

    /// <summary>Each thread counts in a dictionary of its own, and adds its counts at the end.</summary>
    internal void Own(int operations)
    {
        var own = new RaceCounting();
        own.Plain(operations);
        Interlocked.Add(ref _count, own._count);
    }

    /// <summary>The work of a worker process, whose memory is not shared.</summary>
    internal static long Alone(int operations)
    {
        var own = new RaceCounting();
        own.Plain(operations);
        return own._count;
    }

    [MethodImpl(Optimised)]
    internal static void Shared(SharedCounter counter, int operations)
    {
        for (int i = 0; i < operations; i++)
            counter.Increment();
    }

    [MethodImpl(Optimised)]
    internal void LockedWords(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            lock (_gate)
                Add(_words, Word(i), 1);
        }
    }

    [MethodImpl(Optimised)]
    internal void ConcurrentWords(int operations)
    {
        for (int i = 0; i < operations; i++)
            _concurrentWords.AddOrUpdate(Word(i), 1, static (_, former) => former + 1);
    }

    internal void OwnWords(int operations)
    {
        Dictionary<int, int> own = AloneWords(operations);
        lock (_gate)
            Merge(own);
    }

    [MethodImpl(Optimised)]
    internal static Dictionary<int, int> AloneWords(int operations)
    {
        var words = new Dictionary<int, int>();
        for (int i = 0; i < operations; i++)
            Add(words, Word(i), 1);

        return words;
    }

    internal void Merge(Dictionary<int, int> others)
    {
        foreach ((int word, int count) in others)
            Add(_words, word, count);
    }

    private static void Add(Dictionary<int, int> words, int word, int count)
    {
        words.TryGetValue(word, out int former);
        words[word] = former + count;
    }

    private static int Word(int index) => index * 7 % Words;
}
