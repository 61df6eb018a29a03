using Tandem.Invocation;
using Tandem.Work;

namespace Tandem.Mapping;

/// <summary>The result of <c>MapAsync</c>. Nothing happens until it is enumerated; each enumeration reads the source again.</summary>
/// <remarks>
/// It refers to the pool, not only to its engine, and so does each enumerator: a pool is in use while it is enumerated. A run does not
/// refer to the pool, because a source that never returns may keep the run alive.
/// </remarks>
internal sealed class MapEnumerable<TItem, TResult, TOut>(
    object pool,
    PoolEngine engine,
    ItemAdapter<TItem, TResult> adapter,
    Delegate work,
    Func<CancellationToken, ItemSource<TItem>> source,
    MapOptions options,
    MapEnumerable<TItem, TResult, TOut>.OutcomeSelector pick,
    CancellationToken cancellationToken) : IAsyncEnumerable<TOut>
{
    /// <summary>
    /// Returns the outcome of one element of a chunk: the value (or throws the error), or a <see cref="WorkResult{T}"/>.
    /// </summary>
    internal delegate TOut OutcomeSelector(Chunk<TItem, TResult> chunk, int element);

    public IAsyncEnumerator<TOut> GetAsyncEnumerator(CancellationToken cancellation = default)
    {
        CancellationTokenSource? both = cancellation.CanBeCanceled && cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellation, cancellationToken)
            : null;
        CancellationToken token = both?.Token ?? (cancellation.CanBeCanceled ? cancellation : cancellationToken);
        return new Enumerator(pool, engine,
            new MapRun<TItem, TResult>(engine, adapter, work, source, options, token), options.Ordered, pick, both, token);
    }

    private sealed class Enumerator(
        object pool,
        PoolEngine engine,
        MapRun<TItem, TResult> run,
        bool ordered,
        OutcomeSelector pick,
        CancellationTokenSource? linked,
        CancellationToken cancellationToken) : IAsyncEnumerator<TOut>
    {
        /// <summary>How long a consumer waits before it first requests partial results, in milliseconds.</summary>
        private const int Patience = 3;

        /// <summary>The longest wait before it requests them again: each request costs a wake-up of the thread pool.</summary>
        private const int MostPatience = 1000;

        private Chunk<TItem, TResult>? _chunk; // the chunk that is being consumed
        private int _next; // the next element of _chunk
        private int _available; // the elements of _chunk before this one have outcomes
        private bool _started;
        private bool _ended;

        /// <summary>Keeps the pool alive as long as this enumerator is.</summary>
        internal object Pool { get; } = pool;

        public TOut Current { get; private set; } = default!;

        public ValueTask<bool> MoveNextAsync()
        {
            if (_next >= _available)
                return _ended ? new ValueTask<bool>(false) : WaitForNextAsync();

            try
            {
                Current = pick(_chunk!, _next++);
                return new ValueTask<bool>(true);
            }
            catch (Exception e)
            {
                End();
                return ValueTask.FromException<bool>(e);
            }
        }

        public async ValueTask DisposeAsync()
        {
            End();
            await run.StopAsync().ConfigureAwait(false);
            linked?.Dispose();
        }

        /// <summary>
        /// Ends the enumeration. As with every enumerator, nothing follows the end or an error; running items are cancelled.
        /// </summary>
        private void End()
        {
            _ended = true;
            _next = _available = 0;
            _chunk = null;
            if (_started)
                run.Cancel();
        }

        private async ValueTask<bool> WaitForNextAsync()
        {
            try
            {
                if (await FindNextAsync().ConfigureAwait(false))
                    return true;
            }
            catch
            {
                End();
                throw;
            }

            End();
            return false;
        }

        private async ValueTask<bool> FindNextAsync()
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!_started)
            {
                _started = true;
                run.Start();
            }

            if (_chunk is not null)
            {
                run.Taken(_next - _chunk.Taken);
                _chunk.Taken = _next;
                // In order, a chunk is consumed to its end. Out of order, it is put aside when it has no more outcomes for now: it is
                // queued again later.
                if (!ordered || _next == _chunk.Count)
                    _chunk = null;
            }

            while (true)
            {
                if (_chunk is null)
                {
                    while (!run.Chunks.TryRead(out _chunk))
                    {
                        run.WaitBriefly(null);
                        if (run.Chunks.TryRead(out _chunk))
                            break;

                        if (!await WaitAndFlush(run.Chunks.WaitToReadAsync(cancellationToken).AsTask(), null).ConfigureAwait(false))
                            return false;
                    }
                }

                if (ordered && _chunk.FirstElement == _chunk.Taken)
                    run.WaitBriefly(_chunk);
                if (ordered && _chunk.FirstElement == _chunk.Taken)
                    await WaitAndFlush(_chunk.Completion, _chunk).ConfigureAwait(false);

                cancellationToken.ThrowIfCancellationRequested();
                _next = _chunk.Taken;
                _available = _chunk.FirstElement;
                if (_next < _available)
                {
                    Current = pick(_chunk, _next++);
                    return true;
                }

                if (!ordered)
                    _chunk = null; // all its outcomes were taken before it was queued again
            }
        }

        /// <summary>Waits, and requests partial results whenever the wait takes longer than expected.</summary>
        private async ValueTask<bool> WaitAndFlush(Task waiting, Chunk<TItem, TResult>? awaited)
        {
            // Exponential back-off: it at most doubles the consumer's wait, and long-running items are rarely interrupted by requests.
            int first = (int)Math.Clamp(2 * run.ChunkTime.TotalMilliseconds, Patience, MostPatience);
            for (int patience = first; !waiting.IsCompleted; patience = Math.Min(2 * patience, MostPatience))
            {
                await waiting.WaitAsync(TimeSpan.FromMilliseconds(patience), cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (waiting.IsCompleted)
                    break;

                cancellationToken.ThrowIfCancellationRequested();
                run.FlushPartial(engine, awaited);
                if (awaited is not null && awaited.FirstElement > awaited.Taken)
                    return true;
            }

            await waiting.ConfigureAwait(false);
            return waiting is not Task<bool> result || await result.ConfigureAwait(false);
        }
    }
}
