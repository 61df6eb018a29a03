namespace Tandem.Bench.Harness;

/// <summary>A pool of each kind of Tandem's that is wanted, so that they can take turns.</summary>
internal sealed class PoolSet : IAsyncDisposable
{
    private readonly List<(string Backend, WorkerPool Pool)> _pools = [];

    private PoolSet()
    {
    }

    internal static PoolSet Open(Session session, int workers, params IEnumerable<string> backends)
    {
        var set = new PoolSet();
        foreach (string backend in backends.Where(session.Wants))
        {
            try
            {
                set._pools.Add((backend, Backend.Open(backend, workers)));
            }
            catch (WorkerStartException e)
            {
                session.Note($"{backend}: {e.Message}");
            }
        }

        return set;
    }

    internal IEnumerable<Contender> Each(Func<WorkerPool, string, Task<double>> measureAsync) =>
        _pools.Select(entry => new Contender(entry.Backend, () => measureAsync(entry.Pool, entry.Backend)));

    public async ValueTask DisposeAsync()
    {
        foreach ((_, WorkerPool pool) in _pools)
            await pool.DisposeAsync();
    }
}
