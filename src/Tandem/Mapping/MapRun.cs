using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Tandem.BackgroundWork;
using Tandem.Context;
using Tandem.Shipping;
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

    /// <summary>In <see cref="_place"/> while the reader is in the source and no chunk is open.</summary>
    private static readonly object NoChunk = new();

    /// <summary>In <see cref="_place"/> once the reader was left behind in the source.</summary>
    private static readonly object LeftBehind = new();

    /// <summary>How long a source may go on after the end of the map before it is left behind.</summary>
    private static readonly TimeSpan LongestSourceGrace = TimeSpan.FromSeconds(1);

    private readonly BackgroundLog _log;
    private readonly MapOptions _options;
    private readonly ItemSource<TItem> _source;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenSource _sourceStop; // by the end of the run, and by the end of the pool
    private readonly Channel<Chunk<TItem, TResult>> _chunks =
        Channel.CreateUnbounded<Chunk<TItem, TResult>>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<Chunk<TItem, TResult>, bool> _inFlight = new();
    private readonly Room _room;
    private readonly ChunkSizer _sizer;
    private readonly int _lookAhead;
    private readonly ItemLimits? _limits;
    private readonly TimeSpan _sourceGrace;
    private CancellationTokenRegistration _poolEnds;
    private Caller _caller;
    private Task _reading = Task.CompletedTask;
    private Task? _canceling;
    private int _running = 1;

    // Says who may do what. The open chunk, or NoChunk: the reader is in the source, and a hurried consumer may take the chunk. Null:
    // the reader is at work on an item. LeftBehind: the run has ended without the reader, which submits nothing any more.
    private object? _place = NoChunk;
    private long _read;
    private int _left; // items that may be read before the consumer takes others
    private int _size; // of the open chunk, when it is full

    // Null once the reader was left behind: a source that never returns holds this run, and must hold neither the pool nor the work.
    private PoolEngine? _engine;
    private MapCall<TItem, TResult>? _call;

    internal MapRun(
        PoolEngine engine,
        ItemForm<TItem, TResult> form,
        Delegate work,
        Func<CancellationToken, ItemSource<TItem>> source,
        MapOptions options,
        CancellationToken cancellationToken)
    {
        _engine = engine;
        _log = engine.Log;
        _options = options;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _sourceStop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _source = source(_sourceStop.Token);
        _sourceGrace = engine.Options.CancellationGrace is { Ticks: >= 0 } grace && grace < LongestSourceGrace ? grace : LongestSourceGrace;
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

    /// <exception cref="WorkSerializationException">The cultures of the caller cannot travel.</exception>
    internal void Start()
    {
        // Once, as chunks are sent from here and there, and the source may change what is current where it is read.
        _caller = _engine!.CaptureCaller();
        // Weakly: the pool's engine must not hold a run that its consumer has forgotten.
        _poolEnds = Background.OnCanceled(
            static run =>
            {
                if (run.TryGetTarget(out MapRun<TItem, TResult>? target))
                    target.OnPoolEnds();
            },
            new WeakReference<MapRun<TItem, TResult>>(this),
            _engine.Closing);
        _reading = Task.Run(ReadSourceAsync, CancellationToken.None);
    }

    /// <summary>The consumer took items.</summary>
    internal void Taken(int items) => _room.Add(items);

    /// <summary>
    /// The consumer has waited for a while: what has been read so far must not wait for more, and what is finished not for the rest of
    /// its chunk.
    /// </summary>
    /// <param name="engine">The pool's, which the consumer holds longer than a run that was left behind.</param>
    /// <param name="awaited">The chunk that the consumer waits for; null when it takes any.</param>
    internal void Hurry(PoolEngine engine, Chunk<TItem, TResult>? awaited)
    {
        SendOpen();
        if (awaited is not null)
        {
            engine.Harvest(awaited);
            return;
        }

        foreach (Chunk<TItem, TResult> chunk in _inFlight.Keys)
        {
            engine.Harvest(chunk);
            if (chunk.FirstElement > chunk.Taken && !chunk.Item.IsSettled)
                _chunks.Writer.TryWrite(chunk);
        }
    }

    private void SendOpen()
    {
        object? place = Volatile.Read(ref _place);
        if (place is Chunk<TItem, TResult> chunk && Interlocked.CompareExchange(ref _place, NoChunk, place) == place)
            Submit(chunk);
    }

    /// <summary>Cancels what is under way, and waits for nothing.</summary>
    internal void Cancel() => _canceling ??= ObserveAsync(_stop.CancelAsync());

    /// <summary>
    /// Cancels what is under way, and waits until nothing of the map runs any more and the source is disposed, or left behind because
    /// it does not return.
    /// </summary>
    internal async ValueTask StopAsync()
    {
        if (_reading == Task.CompletedTask)
        {
            // It never began.
            Release(sourceHasEnded: true);
            return;
        }

        Cancel();
        _room.Add(int.MaxValue / 2);
        await _canceling!.ConfigureAwait(false);
        await EndReadingAsync().ConfigureAwait(false);
        while (await HasMoreAsync().ConfigureAwait(false))
        {
            while (_chunks.Reader.TryRead(out Chunk<TItem, TResult>? chunk))
                await chunk.Completion.ConfigureAwait(false);
        }

        Release(_reading.IsCompleted);
    }

    /// <param name="sourceHasEnded">Otherwise the source may still use its token.</param>
    private void Release(bool sourceHasEnded)
    {
        _poolEnds.Unregister();
        _stop.Dispose(); // so that a caller's token that lives on does not hold the run
        if (sourceHasEnded)
            _sourceStop.Dispose();
    }

    /// <summary>The pool takes no more items: the source is not read on, and the map ends with what was submitted.</summary>
    private void OnPoolEnds()
    {
        _ = EndAsync();

        async Task EndAsync()
        {
            _room.Add(int.MaxValue / 2);
            await ObserveAsync(_sourceStop.CancelAsync()).ConfigureAwait(false);
            await EndReadingAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Waits a while for callbacks that others have registered with a token of the run. Their errors are logged.</summary>
    private async Task ObserveAsync(Task canceling)
    {
        await canceling.WaitAsync(_sourceGrace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (canceling.Exception is { } error)
            _log.Write("A callback that was registered with a map's token failed.", error);
    }

    /// <summary>After its token was cancelled: waits for the reader, or leaves it behind in a source that does not return.</summary>
    private async Task EndReadingAsync()
    {
        await _reading.WaitAsync(_sourceGrace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!_reading.IsCompleted && Volatile.Read(ref _place) is var place && place != LeftBehind)
        {
            // The reader is at work on an item, or has just ended: not for long.
            if (place is null)
            {
                await _reading.WaitAsync(TimeSpan.FromMilliseconds(1)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            if (Interlocked.CompareExchange(ref _place, LeftBehind, place) != place)
                continue;

            if (place is Chunk<TItem, TResult> chunk)
                Submit(chunk);
            _log.Write("The source of a map did not return after its token was cancelled. It is left behind, and disposed when it returns.", null);
            ReadingEnded(EarlyEnd());
            _engine = null;
            _call = null;
        }
    }

    /// <summary>Why the source was not read to its end: the pool's end, where the consumer does not know better.</summary>
    private ObjectDisposedException? EarlyEnd() => _stop.IsCancellationRequested ? null : PoolEngine.Disposed(_log.Pool);

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
        Exception? failure = null, late = null;
        try
        {
            if (!await ReadItemsAsync().ConfigureAwait(false))
                failure = EarlyEnd();
        }
        catch (OperationCanceledException) when (_sourceStop.IsCancellationRequested)
        {
            failure = EarlyEnd();
        }
        catch (Exception e)
        {
            failure = e;
            late = e;
        }

        try
        {
            Interlocked.CompareExchange(ref _place, NoChunk, null);
            SendOpen();
            await _source.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure ??= e;
            late = late is null ? e : new AggregateException(late, e);
        }

        bool leftBehind = Interlocked.Exchange(ref _place, null) == LeftBehind;
        // The consumer is gone, or has been told of another end.
        if (late is not null && (leftBehind || _stop.IsCancellationRequested))
            _log.Write("The source of a map failed after the map had ended.", late);
        if (leftBehind)
            Release(sourceHasEnded: true);
        else
            ReadingEnded(failure);
    }

    /// <summary>The run itself counts as one chunk, which ends here.</summary>
    private void ReadingEnded(Exception? failure)
    {
        _failure = failure;
        ChunkEnded();
    }

    private Exception? _failure;

    /// <returns>Whether the source was read to its end.</returns>
    private async Task<bool> ReadItemsAsync()
    {
        _left = Window();
        while (!_sourceStop.IsCancellationRequested)
        {
            while (_left == 0)
            {
                SendOpen();
                // Half of it: a wake-up for each chunk would cost more than the chunk's own, and the other half keeps all lanes busy.
                await _room.WaitAsync(atLeast: Math.Max(1, _window / 2)).ConfigureAwait(false);
                _left = _room.Take() + WindowGrowth();
            }

            ValueTask<bool> next = _source.MoveNextAsync();
            if (!next.IsCompleted)
                SendOpen(); // an asynchronous source that makes us wait: nothing that is ready waits with it

            if (!await next.ConfigureAwait(false))
                return true;

            if (!TryTakeItem())
                return false;
        }

        return false;
    }

    /// <summary>
    /// Puts the source's present item into a chunk. Not a part of the loop around it: while that waits in the source, perhaps for ever,
    /// it holds neither a chunk nor an item.
    /// </summary>
    /// <returns>False when the run has ended without the reader.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryTakeItem()
    {
        TItem item = _source.Current;
        // Between two items the open chunk lies where a hurried consumer can take it away.
        object? place = Interlocked.Exchange(ref _place, null);
        if (place == LeftBehind)
        {
            Volatile.Write(ref _place, LeftBehind);
            return false;
        }

        // There as long as the reader is not left behind, which it cannot be while it is at work on an item.
        PoolEngine engine = _engine!;
        MapCall<TItem, TResult> call = _call!;
        Chunk<TItem, TResult> chunk;
        if (place != NoChunk)
        {
            // Nothing but a chunk is left, and a checked cast to a generic class costs a call for each item.
            Debug.Assert(place is Chunk<TItem, TResult>);
            chunk = Unsafe.As<Chunk<TItem, TResult>>(place)!;
        }
        else
        {
            chunk = engine.CreateChunk(call);
            chunk.Index = _read;
            _size = Math.Min(_sizer.Size, Math.Max(1, _left));
        }

        try
        {
            chunk.Add(item);
        }
        catch (Exception e)
        {
            // Whatever it is, a type that fails while it is written included: it is this item's alone.
            if (chunk.Count > 0)
            {
                Submit(chunk);
                chunk = engine.CreateChunk(call);
                chunk.Index = _read;
            }

            Announce(chunk);
            chunk.FailAsOnly(e);
            _read++;
            _left--;
            Volatile.Write(ref _place, NoChunk);
            return true;
        }

        _read++;
        _left--;
        bool full = chunk.Count >= _size || chunk.Size > ChunkBytes;
        if (full)
            Submit(chunk);
        Volatile.Write(ref _place, full ? NoChunk : chunk);
        return true;
    }

    private int _window;

    /// <summary>Items that may be ahead now: few while items take long, more when chunks grow, never more than the look-ahead.</summary>
    private int Window()
    {
        _window = Math.Min(_lookAhead, 2 * Lanes);
        return _window;
    }

    private int WindowGrowth()
    {
        int wanted = (int)Math.Min(_lookAhead, 4L * Lanes * _sizer.Size);
        int growth = Math.Max(0, wanted - _window);
        _window += growth;
        return growth;
    }

    private int Lanes => _engine?.Lanes ?? 1;

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
            chunk.Item.Details.Name = name;
        if (_limits is not null)
            chunk.Item.Details.Limits = _limits;

        Announce(chunk);
        try
        {
            chunk.Seal();
            if (_engine is not { } engine)
                throw PoolEngine.Disposed(_log.Pool);

            engine.Submit(chunk.Item, _caller);
        }
        catch (Exception e)
        {
            chunk.Fail(e);
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
