using Tandem.Shipping;
using Tandem.Work;

namespace Tandem.Mapping;

/// <summary>What <c>MapAsync</c> returns: nothing happens before it is enumerated; each enumeration goes through the source anew.</summary>
/// <remarks>
/// It holds the pool, not only its engine, and so does each enumerator: a pool that somebody still enumerates is in use. A run does not: what
/// holds a run may be a source that never returns.
/// </remarks>
internal sealed class MapEnumerable<TItem, TResult, TOut>(
    object pool,
    PoolEngine engine,
    ItemForm<TItem, TResult> form,
    Delegate work,
    Func<CancellationToken, ItemSource<TItem>> source,
    MapOptions options,
    MapEnumerable<TItem, TResult, TOut>.Picker pick,
    CancellationToken cancellationToken) : IAsyncEnumerable<TOut>
{
    /// <summary>Takes one element's outcome out of a chunk: a value, where errors are thrown, or a <see cref="WorkResult{T}"/>.</summary>
    internal delegate TOut Picker(Chunk<TItem, TResult> chunk, int element);

    public IAsyncEnumerator<TOut> GetAsyncEnumerator(CancellationToken cancellation = default)
    {
        CancellationTokenSource? both = cancellation.CanBeCanceled && cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellation, cancellationToken)
            : null;
        CancellationToken token = both?.Token ?? (cancellation.CanBeCanceled ? cancellation : cancellationToken);
        return new Enumerator(pool, engine, new MapRun<TItem, TResult>(engine, form, work, source, options, token), options.Ordered, pick, both, token);
    }

    private sealed class Enumerator(
        object pool,
        PoolEngine engine,
        MapRun<TItem, TResult> run,
        bool ordered,
        Picker pick,
        CancellationTokenSource? linked,
        CancellationToken cancellationToken) : IAsyncEnumerator<TOut>
    {
        /// <summary>How long a consumer waits before it first asks for what is there, in milliseconds.</summary>
        private const int Patience = 3;

        /// <summary>How long it waits at most before it asks again: each time costs the thread pool a wake-up.</summary>
        private const int MostPatience = 1000;

        private Chunk<TItem, TResult>? _chunk;
        private int _next;
        private int _available;
        private bool _started;
        private bool _ended;

        /// <summary>In use as long as this is, though nothing here asks for it.</summary>
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

        /// <summary>As with every enumerator, nothing comes after the end or after an error; what is under way is cancelled.</summary>
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
                // In order, a chunk is left when it is through; otherwise when it has nothing more for now: it comes again.
                if (!ordered || _next == _chunk.Count)
                    _chunk = null;
            }

            while (true)
            {
                if (_chunk is null)
                {
                    while (!run.Chunks.TryRead(out _chunk))
                    {
                        if (!await Hurrying(run.Chunks.WaitToReadAsync(cancellationToken).AsTask(), null).ConfigureAwait(false))
                            return false;
                    }
                }

                if (ordered && _chunk.FirstElement == _chunk.Taken)
                    await Hurrying(_chunk.Completion, _chunk).ConfigureAwait(false);

                cancellationToken.ThrowIfCancellationRequested();
                _next = _chunk.Taken;
                _available = _chunk.FirstElement;
                if (_next < _available)
                {
                    Current = pick(_chunk, _next++);
                    return true;
                }

                if (!ordered)
                    _chunk = null; // all of it was taken before it came again
            }
        }

        /// <summary>Waits; when that takes longer than it should, asks for what is there.</summary>
        private async ValueTask<bool> Hurrying(Task waiting, Chunk<TItem, TResult>? awaited)
        {
            // Twice as long each time: an outcome is late by no more than the consumer waited already, and items that take long are
            // not disturbed by somebody who asks for them.
            for (int patience = Patience; !waiting.IsCompleted; patience = Math.Min(2 * patience, MostPatience))
            {
                await waiting.WaitAsync(TimeSpan.FromMilliseconds(patience), cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (waiting.IsCompleted)
                    break;

                cancellationToken.ThrowIfCancellationRequested();
                run.Hurry(engine, awaited);
                if (awaited is not null && awaited.FirstElement > awaited.Taken)
                    return true;
            }

            await waiting.ConfigureAwait(false);
            return waiting is not Task<bool> result || await result.ConfigureAwait(false);
        }
    }
}
