namespace Tandem.TestHost;

/// <summary>A source that gives some numbers, and then never returns: it waits for an answer that does not come, whatever its token says.</summary>
internal sealed class StuckSource : IEnumerable<int>, IAsyncEnumerable<int>
{
    internal const int Count = 10;

    /// <summary>What keeps those who wait: a connection, a driver, a thread of somebody else.</summary>
    private static readonly List<TaskCompletionSource> Forever = [];

    private readonly TaskCompletionSource _answer = new();

    internal StuckSource()
    {
        lock (Forever)
            Forever.Add(_answer);
    }

    public IEnumerator<int> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
            yield return i;

        _answer.Task.Wait();
    }

    public async IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        for (int i = 0; i < Count; i++)
            yield return i;

        await _answer.Task;
    }

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
