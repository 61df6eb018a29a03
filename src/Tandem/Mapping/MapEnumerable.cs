using System.Runtime.ExceptionServices;
using Tandem.Work;

namespace Tandem.Mapping;

/// <summary>What <c>MapAsync</c> returns: nothing happens before it is enumerated; each enumeration goes through the source anew.</summary>
internal sealed class MapEnumerable<TItem, TResult, TOut>(
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
        return new Enumerator(new MapRun<TItem, TResult>(engine, form, work, source(token), options, token), pick, both, token);
    }

    private sealed class Enumerator(
        MapRun<TItem, TResult> run, Picker pick, CancellationTokenSource? linked, CancellationToken cancellationToken) : IAsyncEnumerator<TOut>
    {
        /// <summary>How long a consumer waits before it asks for what is there, in milliseconds.</summary>
        private const int Patience = 3;

        private Chunk<TItem, TResult>? _chunk;
        private int _next;
        private int _count;
        private bool _started;
        private bool _ended;

        public TOut Current { get; private set; } = default!;

        public ValueTask<bool> MoveNextAsync()
        {
            if (_next < _count)
            {
                Current = pick(_chunk!, _next++);
                return new ValueTask<bool>(true);
            }

            return NextChunkAsync();
        }

        public async ValueTask DisposeAsync()
        {
            _count = 0;
            if (!_ended || _started)
                await run.StopAsync().ConfigureAwait(false);

            linked?.Dispose();
        }

        private async ValueTask<bool> NextChunkAsync()
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!_started)
            {
                _started = true;
                run.Start();
            }

            if (_chunk is not null)
            {
                run.Taken(_count);
                _chunk = null;
                _next = _count = 0;
            }

            if (_ended)
                return false;

            Chunk<TItem, TResult>? chunk;
            while (!run.Chunks.TryRead(out chunk))
            {
                if (!await Hurrying(run.Chunks.WaitToReadAsync(cancellationToken).AsTask()).ConfigureAwait(false))
                {
                    _ended = true;
                    return false;
                }
            }

            if (!chunk.Completion.IsCompleted)
                await Hurrying(Complete(chunk)).ConfigureAwait(false);

            cancellationToken.ThrowIfCancellationRequested();
            _chunk = chunk;
            _count = chunk.Count;
            Current = pick(chunk, _next++);
            return true;
        }

        private async Task<bool> Complete(Chunk<TItem, TResult> chunk)
        {
            await chunk.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }

        /// <summary>Waits; when that takes longer than it should, has the open chunk sent as it is.</summary>
        private async ValueTask<bool> Hurrying(Task<bool> waiting)
        {
            while (!waiting.IsCompleted)
            {
                using var patience = new CancellationTokenSource();
                Task first = await Task.WhenAny(waiting, Task.Delay(Patience, patience.Token)).ConfigureAwait(false);
                await patience.CancelAsync().ConfigureAwait(false);
                if (first == waiting)
                    break;

                run.Hurry();
            }

            return await waiting.ConfigureAwait(false);
        }
    }
}

/// <summary>How an outcome reaches the consumer.</summary>
internal static class Pickers
{
    internal static TResult Value<TItem, TResult>(Chunk<TItem, TResult> chunk, int element)
    {
        if (chunk.HasErrors && chunk.ErrorAt(element) is { } error)
            ExceptionDispatchInfo.Throw(error);

        return chunk.ValueAt(element);
    }

    internal static WorkResult<TResult> Result<TItem, TResult>(Chunk<TItem, TResult> chunk, int element) =>
        chunk.HasErrors && chunk.ErrorAt(element) is { } error
            ? new WorkResult<TResult>(chunk.Index + element, error)
            : new WorkResult<TResult>(chunk.Index + element, chunk.ValueAt(element));
}
