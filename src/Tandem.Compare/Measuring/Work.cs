using Tandem.Compare.Running;

namespace Tandem.Compare.Measuring;

/// <summary>The items and the work on one item, synchronous or asynchronous. Serializable.</summary>
internal sealed class Work<TItem, TResult>(TItem[] items, Func<TItem, TResult>? run, Func<TItem, Task<TResult>>? runAsync)
{
    private static readonly MapOptions Unordered = new() { Ordered = false, Name = "item" };

    /// <summary>Returns a number of items with their index; repeats the items if there are too few.</summary>
    internal IEnumerable<Numbered<TItem>> Numbered(int count)
    {
        for (int number = 0; number < count; number++)
            yield return new Numbered<TItem>(number, items[number % items.Length]);
    }

    /// <summary>Returns items without an index, until it is enough.</summary>
    internal IEnumerable<Numbered<TItem>> Unnumbered(Func<int, bool> isEnough)
    {
        for (int number = 0; !isEnough(number); number++)
            yield return new Numbered<TItem>(-1, items[number % items.Length]);
    }

    internal IAsyncEnumerable<WorkResult<TResult>> MapAsync(
        WorkerPool pool,
        ItemBoard board,
        IEnumerable<Numbered<TItem>> numbered,
        CancellationToken cancellationToken,
        MapOptions? options = null)
    {
        if (run is { } work)
            return pool.MapResultsAsync(numbered, item => board.Run(item, work), options ?? Unordered, cancellationToken);

        Func<TItem, Task<TResult>> asynchronous = runAsync!;
        return pool.MapResultsAsync(numbered, item => board.RunAsync(item, asynchronous), options ?? Unordered, cancellationToken);
    }

    /// <summary>Describes an item in a message.</summary>
    internal string Describe(long number) => Workload.Shorten(items[number % items.Length]?.ToString() ?? "null");
}
