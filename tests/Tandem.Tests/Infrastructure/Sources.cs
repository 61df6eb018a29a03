namespace Tandem.Tests.Infrastructure;

/// <summary>A source of items that says how far it was read, and whether it was disposed.</summary>
internal sealed class WatchedSource<T>(Func<int, T> make, int count = int.MaxValue) : IEnumerable<T>, IAsyncEnumerable<T>
{
    private int _read;
    private int _disposed;

    internal int Read => Volatile.Read(ref _read);

    internal int Disposals => Volatile.Read(ref _disposed);

    /// <summary>
    /// After a map was left, waits until it is disposed, once. Where the reader has had no processor for a second, that is when it comes back.
    /// </summary>
    internal async Task DisposedOnceAsync()
    {
        await Eventually.Async(() => Disposals > 0);
        Assert.Equal(1, Disposals);
    }

    public IEnumerator<T> GetEnumerator()
    {
        try
        {
            for (int i = 0; i < count; i++)
            {
                Interlocked.Increment(ref _read);
                yield return make(i);
            }
        }
        finally
        {
            Interlocked.Increment(ref _disposed);
        }
    }

    public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        try
        {
            for (int i = 0; i < count; i++)
            {
                if (i % 16 == 0)
                    await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                Interlocked.Increment(ref _read);
                yield return make(i);
            }
        }
        finally
        {
            Interlocked.Increment(ref _disposed);
        }
    }

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}

internal static class Collecting
{
    internal static async Task<List<T>> ToListAsync<T>(this IAsyncEnumerable<T> source)
    {
        List<T> items = [];
        await foreach (T item in source)
            items.Add(item);

        return items;
    }
}
