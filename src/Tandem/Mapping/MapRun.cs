using System.Collections.Concurrent;
using System.Threading.Channels;
using Tandem.Supervision;
using Tandem.Work;

namespace Tandem.Mapping;

/// <summary>
/// One enumeration of a map: a task that reads the source and submits chunks, no further ahead of the consumer than allowed, and the
/// chunks on their way to the consumer.
/// </summary>
internal sealed class MapRun<TItem, TResult>
{
    private const int DefaultLookAhead = 32_768;

    /// <summary>Bytes in a chunk beyond which no more items are added.</summary>
    private const int ChunkBytes = 128 * 1024;

    private readonly PoolEngine _engine;
    private readonly MapOptions _options;
    private readonly ItemSource<TItem> _source;
    private readonly CancellationTokenSource _stop;
    private readonly Channel<Chunk<TItem, TResult>> _chunks =
        Channel.CreateUnbounded<Chunk<TItem, TResult>>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<Chunk<TItem, TResult>, bool> _inFlight = new();
    private readonly Room _room;
    private readonly ChunkSizer _sizer;
    private readonly MapCall<TItem, TResult> _call;
    private readonly int _lookAhead;
    private readonly ItemLimits? _limits;
    private Chunk<TItem, TResult>? _open;
    private Task _reading = Task.CompletedTask;
    private int _running = 1;
    private long _read;

    internal MapRun(
        PoolEngine engine, ItemForm<TItem, TResult> form, Delegate work, ItemSource<TItem> source, MapOptions options, CancellationToken cancellationToken)
    {
        _engine = engine;
        _options = options;
        _source = source;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _lookAhead = options.LookAhead ?? DefaultLookAhead;
        _room = new Room();
        _limits = ItemLimits.Of(options.Limits, engine.Options.DefaultLimits);
        // Limits are per item: where one may cost a worker, no neighbour travels with it.
        bool alone = _limits is { IsPerElement: true } || engine.Options.MaxWorkerMemory is not null;
        _sizer = new ChunkSizer(alone ? 1 : options.MaximumChunkSize, _lookAhead, engine.Lanes);
        _call = new MapCall<TItem, TResult>(form, work, options.Name, _stop.Token) { Completed = OnCompleted };
    }

    /// <summary>The chunks, in the order in which the consumer takes them; complete or not.</summary>
    internal ChannelReader<Chunk<TItem, TResult>> Chunks => _chunks.Reader;

    internal CancellationToken Stopped => _stop.Token;

    internal void Start() => _reading = Task.Run(ReadSourceAsync, CancellationToken.None);

    /// <summary>The consumer took items.</summary>
    internal void Taken(int items) => _room.Add(items);

    /// <summary>
    /// The consumer has waited for a while: what has been read so far must not wait for more, and what is finished not for the rest of
    /// its chunk.
    /// </summary>
    /// <param name="awaited">The chunk that the consumer waits for; null when it takes any.</param>
    internal void Hurry(Chunk<TItem, TResult>? awaited)
    {
        SendOpen();
        if (awaited is not null)
        {
            _engine.Harvest(awaited);
            return;
        }

        foreach (Chunk<TItem, TResult> chunk in _inFlight.Keys)
        {
            _engine.Harvest(chunk);
            if (chunk.FirstElement > chunk.Taken && !chunk.IsSettled)
                _chunks.Writer.TryWrite(chunk);
        }
    }

    private void SendOpen()
    {
        if (Interlocked.Exchange(ref _open, null) is { } chunk)
            Submit(chunk);
    }

    /// <summary>Stops what is under way, and waits until the source is disposed and nothing of the map runs any more.</summary>
    internal async ValueTask StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _room.Add(int.MaxValue / 2);
        await _reading.ConfigureAwait(false);
        while (await HasMoreAsync().ConfigureAwait(false))
        {
            while (_chunks.Reader.TryRead(out Chunk<TItem, TResult>? chunk))
                await chunk.Completion.ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private async ValueTask<bool> HasMoreAsync()
    {
        try
        {
            return await _chunks.Reader.WaitToReadAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            return false; // the source's own failure; a consumer that left does not want it
        }
    }

    private async Task ReadSourceAsync()
    {
        Exception? failure = null;
        try
        {
            await ReadItemsAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The consumer knows.
        }
        catch (Exception e)
        {
            failure = e;
        }

        try
        {
            SendOpen();
            await _source.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure ??= e;
        }

        _failure = failure;
        ChunkEnded(); // the run itself counted as one
    }

    private Exception? _failure;

    private async Task ReadItemsAsync()
    {
        int room = Window();
        int size = 0;
        while (!_stop.IsCancellationRequested)
        {
            while (room == 0)
            {
                SendOpen();
                // Half of it: a wake-up for each chunk would cost more than the chunk's own, and the other half keeps all lanes busy.
                await _room.WaitAsync(atLeast: Math.Max(1, _window / 2)).ConfigureAwait(false);
                room = _room.Take() + WindowGrowth();
            }

            ValueTask<bool> next = _source.MoveNextAsync();
            if (!next.IsCompleted)
                SendOpen(); // an asynchronous source that makes us wait: nothing that is ready waits with it

            if (!await next.ConfigureAwait(false))
                return;

            // Between two items the open chunk lies where a hurried consumer can take it away.
            Chunk<TItem, TResult>? chunk = Interlocked.Exchange(ref _open, null);
            if (chunk is null)
            {
                chunk = _engine.CreateChunk(_call);
                chunk.Index = _read;
                size = Math.Min(_sizer.Size, Math.Max(1, room));
            }

            try
            {
                chunk.Add(_source.Current);
            }
            catch (WorkSerializationException e)
            {
                if (chunk.Count > 0)
                {
                    Submit(chunk);
                    chunk = _engine.CreateChunk(_call);
                    chunk.Index = _read;
                }

                Announce(chunk);
                chunk.FailAsOnly(e);
                _read++;
                room--;
                continue;
            }

            _read++;
            room--;
            if (chunk.Count >= size || chunk.Size > ChunkBytes)
                Submit(chunk);
            else
                Volatile.Write(ref _open, chunk);
        }
    }

    private int _window;

    /// <summary>Items that may be ahead now: few while items take long, more when chunks grow, never more than the look-ahead.</summary>
    private int Window()
    {
        _window = Math.Min(_lookAhead, 2 * _engine.Lanes);
        return _window;
    }

    private int WindowGrowth()
    {
        int wanted = (int)Math.Min(_lookAhead, 4L * _engine.Lanes * _sizer.Size);
        int growth = Math.Max(0, wanted - _window);
        _window += growth;
        return growth;
    }

    private void Announce(Chunk<TItem, TResult> chunk)
    {
        Interlocked.Increment(ref _running);
        // In order, the consumer gets a chunk when it leaves; out of order, when it is complete.
        if (_options.Ordered)
            _chunks.Writer.TryWrite(chunk);
        else
            _inFlight.TryAdd(chunk, true);
    }

    private void Submit(Chunk<TItem, TResult> chunk)
    {
        if (_options.Name is { } name)
            chunk.Details.Name = name;
        if (_limits is not null)
            chunk.Details.Limits = _limits;

        Announce(chunk);
        try
        {
            chunk.Seal();
            _engine.Submit(chunk);
        }
        catch (Exception e)
        {
            chunk.SetException(e);
        }
    }

    private void OnCompleted(Chunk<TItem, TResult> chunk)
    {
        _sizer.Learn(chunk.Elapsed, chunk.Count);
        if (!_options.Ordered)
        {
            _inFlight.TryRemove(chunk, out _);
            _chunks.Writer.TryWrite(chunk);
        }

        ChunkEnded();
    }

    private void ChunkEnded()
    {
        if (Interlocked.Decrement(ref _running) == 0)
            _chunks.Writer.TryComplete(_failure);
    }
}

/// <summary>Counts how many items may still be read; the reader waits while they are too few.</summary>
internal sealed class Room
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _waiting;
    private long _items;
    private int _wanted;

    internal void Add(int items)
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            _items += items;
            if (_items < _wanted)
                return;

            waiting = _waiting;
            _waiting = null;
        }

        waiting?.TrySetResult();
    }

    internal int Take()
    {
        lock (_lock)
        {
            int taken = (int)Math.Min(_items, int.MaxValue / 2);
            _items = 0;
            return taken;
        }
    }

    internal Task WaitAsync(int atLeast)
    {
        lock (_lock)
        {
            if (_items >= atLeast)
                return Task.CompletedTask;

            _wanted = atLeast;
            _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task;
        }
    }
}
