namespace Tandem.Bench.Harness;

/// <summary>A pool of each kind of Tandem's that is wanted, so that they can take turns.</summary>
internal sealed class PoolSet : IAsyncDisposable
{
    private readonly List<(string Backend, WorkerPool Pool)> _pools = [];

    private readonly Session _session;

    private PoolSet(Session session) => _session = session;

    internal static PoolSet Open(Session session, int workers, params IEnumerable<string> backends)
    {
        var set = new PoolSet(session);
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
        foreach ((string backend, WorkerPool pool) in _pools)
        {
            try
            {
                await pool.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));
            }
            catch (TimeoutException)
            {
                // The figures are there; a pool that does not end is worth a word, not the rest of the run.
                _session.Note($"{backend}: the pool did not end within 10 s.");
            }
        }
    }
}
