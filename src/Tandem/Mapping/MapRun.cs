using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Tandem.BackgroundWork;
using Tandem.Context;
using Tandem.Invocation;
using Tandem.Work;

namespace Tandem.Mapping;

/// <summary>
/// One enumeration of a map: a task that reads the source and submits chunks, not further ahead of the consumer than allowed, and the
/// chunks that are being delivered to the consumer.
/// </summary>
internal sealed class MapRun<TItem, TResult>
{
    private const int DefaultLookAhead = 32_768;

    /// <summary>How much work for each lane may be read ahead, even if the items are slow.</summary>
    private static readonly TimeSpan RefillTime = TimeSpan.FromMilliseconds(100);

    /// <summary>A chunk with more bytes than this gets no more items.</summary>
    private const int ChunkBytes = 128 * 1024;

    /// <summary>The value of <see cref="_place"/> while the reader is in the source and no chunk is open.</summary>
    private static readonly object NoChunk = new();

    /// <summary>The value of <see cref="_place"/> after the reader was abandoned in the source.</summary>
    private static readonly object LeftBehind = new();

    /// <summary>How long a source may continue after the end of the map before it is abandoned.</summary>
    private static readonly TimeSpan LongestSourceGrace = TimeSpan.FromSeconds(1);

    private readonly BackgroundLog _log; // reports what happens after the consumer has left
    private readonly MapOptions _options; // validated
    private readonly ItemSource<TItem> _source; // used by the reader only
    private readonly CancellationTokenSource _stop; // cancelled by the consumer, or by the end of the enumeration
    private readonly CancellationTokenSource _sourceStop; // cancelled by the end of the run, and by the end of the pool
    private readonly Channel<Chunk<TItem, TResult>> _chunks =
        Channel.CreateUnbounded<Chunk<TItem, TResult>>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<Chunk<TItem, TResult>, bool> _inFlight = new(); // used if results are not ordered
    private readonly LookAheadBudget _room; // limits how far the reader is ahead of the consumer
    private readonly ChunkSizer _sizer; // chooses how many items a chunk has
    private readonly int _lookAhead; // the maximum window, in items
    private readonly ItemLimits? _limits; // the limits of each item; null for none
    private readonly TimeSpan _sourceGrace; // how long the source and callbacks are waited for after the end
    private CancellationTokenRegistration _poolEnds; // calls OnPoolEnds
    private Caller _caller; // the context of every chunk
    private Task _reading = Task.CompletedTask; // the reader
    private Task? _canceling; // set once the run is cancelled
    private readonly BriefWait _arrived = new(); // set when what the consumer waits for has arrived
    private object? _awaited; // the chunk that the consumer waits for; this run if it accepts any; null if it does not wait here
    private int _running = 1; // chunks in flight, plus one for the reader

    // The state of the reader, changed by exchange. The open chunk, or NoChunk: the reader is in the source, and a waiting consumer may
    // take the chunk. Null: the reader is processing an item, or waits for room. LeftBehind: the run has ended without the reader, which
    // submits nothing any more.
    private object? _place = NoChunk;
    private long _read; // items read so far
    private int _left; // items that may be read before the consumer takes others
    private int _size; // the size at which the open chunk is full

    // Null once the reader was abandoned: a source that never returns keeps this run alive, which must then keep neither the pool nor the
    // work alive.
    private PoolEngine? _engine;
    private MapCall<TItem, TResult>? _call;

    internal MapRun(
        PoolEngine engine,
        ItemAdapter<TItem, TResult> adapter,
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
        _lookAhead = options.MaxLookAhead ?? DefaultLookAhead;
        _room = new LookAheadBudget();
        _limits = ItemLimits.Of(options.Limits, options.Priority, nameof(MapOptions), engine.Options.ItemDefaults);
        // Limits apply per item. If an item may cost a worker, it gets a chunk of its own.
        bool alone = _limits is { IsPerElement: true } || engine.Options is ProcessPoolOptions { MaxWorkerMemory: not null };
        _sizer = new ChunkSizer(alone ? 1 : options.MaxChunkSize, _lookAhead, engine.Lanes);
        _call = new MapCall<TItem, TResult>(adapter, work, options.Name, _stop.Token) { Completed = OnCompleted };
    }

    /// <summary>The chunks in the order in which the consumer takes them; they may be incomplete.</summary>
    internal ChannelReader<Chunk<TItem, TResult>> Chunks => _chunks.Reader;

    /// <exception cref="WorkSerializationException">The cultures of the caller cannot be serialized.</exception>
    internal void Start()
    {
        // Captured once: chunks are submitted from several places, and the source may change the current context of its reader.
        _caller = _engine!.CaptureCaller();
        // A weak reference: the pool's engine must not keep a run alive that its consumer has dropped.
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

    /// <summary>
    /// The consumer waits inside of <c>MoveNextAsync</c>, for a short time: see <see cref="BriefWait"/>. In a map of long items, this saves
    /// a wake-up of the thread pool for each chunk.
    /// </summary>
    /// <param name="awaited">The chunk that the consumer waits for; null if it accepts any.</param>
    internal void WaitBriefly(Chunk<TItem, TResult>? awaited)
    {
        // The reader may just have been woken.
        if (!BriefWait.IsAllowed(ownWork: 1))
            return;

        TimeSpan expected = ChunkTime;
        if (expected == TimeSpan.Zero || expected > BriefWait.Longest)
            return;

        // OnCompleted reads the field after the chunk has completed, and after an interlocked operation (full fence). Here the exchange
        // comes before the check. So one of the two sees the other.
        Interlocked.Exchange(ref _awaited, awaited ?? (object)this);
        _arrived.Reset();
        long start = Stopwatch.GetTimestamp();
        while (awaited is null ? !_chunks.Reader.TryPeek(out _) && !_chunks.Reader.Completion.IsCompleted : !awaited.Completion.IsCompleted)
        {
            if (!_arrived.Wait(2 * expected - Stopwatch.GetElapsedTime(start)))
                break;

            _arrived.Reset();
        }

        Volatile.Write(ref _awaited, null);
    }

    /// <summary>
    /// How long the chunks in flight are expected to run; zero if that is not known yet, or if there is none: then the source decides how
    /// long the consumer waits.
    /// </summary>
    internal TimeSpan ChunkTime => Volatile.Read(ref _running) > 1 ? _sizer.PerItem * _sizer.Size : TimeSpan.Zero;

    /// <summary>Called when the consumer has taken items.</summary>
    internal void Taken(int items) => _room.Add(items);

    /// <summary>
    /// Called when the consumer has waited for a while: submits the open chunk, and delivers finished outcomes of chunks that still run.
    /// </summary>
    /// <param name="engine">The engine of the pool. The consumer refers to it for longer than an abandoned run does.</param>
    /// <param name="awaited">The chunk that the consumer waits for; null if it accepts any.</param>
    internal void FlushPartial(PoolEngine engine, Chunk<TItem, TResult>? awaited)
    {
        SendOpen();
        if (awaited is not null)
        {
            engine.FetchOutcomes(awaited);
            return;
        }

        foreach (Chunk<TItem, TResult> chunk in _inFlight.Keys)
        {
            engine.FetchOutcomes(chunk);
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

    /// <summary>Cancels the run, without waiting.</summary>
    internal void Cancel() => _canceling ??= ObserveAsync(_stop.CancelAsync());

    /// <summary>
    /// Cancels the run, and waits until nothing of it runs any more and the source is disposed, or abandoned because it does not return.
    /// </summary>
    internal async ValueTask StopAsync()
    {
        if (_reading == Task.CompletedTask)
        {
            // The run was never started.
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

    /// <param name="sourceHasEnded">If false, the source may still use its token.</param>
    private void Release(bool sourceHasEnded)
    {
        _poolEnds.Unregister();
        _stop.Dispose(); // so that a long-lived token of the caller does not keep the run alive
        if (sourceHasEnded)
            _sourceStop.Dispose();
    }

    /// <summary>
    /// Called when the pool accepts no more items: the source is not read further, and the map ends after the submitted items.
    /// </summary>
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

    /// <summary>
    /// Waits, for a limited time, for callbacks that other code has registered with a token of the run. Their exceptions are logged.
    /// </summary>
    private async Task ObserveAsync(Task canceling)
    {
        await canceling.WaitAsync(_sourceGrace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (canceling.Exception is { } error)
            _log.Write("A callback that was registered with a map's token failed.", error);
    }

    /// <summary>
    /// Called after the source's token was cancelled: waits for the reader, or abandons it if the source does not return.
    /// </summary>
    private async Task EndReadingAsync()
    {
        await _reading.WaitAsync(_sourceGrace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!_reading.IsCompleted && Volatile.Read(ref _place) is var place && place != LeftBehind)
        {
            // The reader is processing an item, has room again, or has just ended: this does not take long.
            if (place is null)
            {
                await _reading.WaitAsync(TimeSpan.FromMilliseconds(1)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            if (Interlocked.CompareExchange(ref _place, LeftBehind, place) != place)
                continue;

            if (place is Chunk<TItem, TResult> chunk)
                Submit(chunk);
            _log.Write(
                "The source of a map did not return after its token was cancelled. It is abandoned, and disposed when it returns.", null);
            ReadingEnded(EarlyEnd());
            _engine = null;
            _call = null;
        }
    }

    /// <summary>Returns why the source was not read to its end: the end of the pool, unless the consumer itself has cancelled.</summary>
    private ObjectDisposedException? EarlyEnd() => _stop.IsCancellationRequested ? null : PoolEngine.Disposed(_log.Pool);

    private async ValueTask<bool> HasMoreAsync()
    {
        try
        {
            return await _chunks.Reader.WaitToReadAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            return false; // the failure of the source, which a consumer that has left does not need
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
        // The consumer has left, or was already given another reason for the end.
        if (late is not null && (leftBehind || _stop.IsCancellationRequested))
            _log.Write("The source of a map failed after the map had ended.", late);
        if (leftBehind)
            Release(sourceHasEnded: true);
        else
            ReadingEnded(failure);
    }

    /// <summary>Records that reading has ended. The reader counts as one chunk, which ends here.</summary>
    private void ReadingEnded(Exception? failure)
    {
        _failure = failure;
        ChunkEnded();
    }

    private Exception? _failure; // why the source was not read to its end; written before _running becomes zero

    /// <returns>Whether the source was read to its end.</returns>
    private async Task<bool> ReadItemsAsync()
    {
        _left = Window();
        while (!_sourceStop.IsCancellationRequested)
        {
            while (_left == 0)
            {
                SendOpen();
                // The reader is not in the source here: the end of the run makes room, and waits until the thread pool runs the reader.
                if (Interlocked.CompareExchange(ref _place, null, NoChunk) == LeftBehind)
                    return false;

                // Wait for half of the window: a wake-up for each chunk would cost more than the chunk, and the other half keeps all
                // lanes busy.
                await _room.WaitAsync(atLeast: Math.Max(1, _window / 2)).ConfigureAwait(false);
                Volatile.Write(ref _place, NoChunk);
                _left = _room.Take() + WindowGrowth();
            }

            ValueTask<bool> next = _source.MoveNextAsync();
            if (!next.IsCompleted)
                SendOpen(); // the source waits: submit the items that are ready

            if (!await next.ConfigureAwait(false))
                return true;

            if (!TryTakeItem())
                return false;
        }

        return false;
    }

    /// <summary>
    /// Adds the current item of the source to a chunk. This is not inlined into the loop, so that the loop refers to neither a chunk nor
    /// an item while it waits in the source, perhaps forever.
    /// </summary>
    /// <returns>False if the run has ended without the reader.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryTakeItem()
    {
        TItem item = _source.Current;
        // Between two items the open chunk is in _place, where a waiting consumer can take it.
        object? place = Interlocked.Exchange(ref _place, null);
        if (place == LeftBehind)
        {
            Volatile.Write(ref _place, LeftBehind);
            return false;
        }

        // Not null as long as the reader is not abandoned, which cannot happen while it is processing an item.
        PoolEngine engine = _engine!;
        MapCall<TItem, TResult> call = _call!;
        Chunk<TItem, TResult> chunk;
        if (place != NoChunk)
        {
            // Only a chunk remains. A checked cast to a generic class would cost a call for each item.
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
            // Any exception, including one of a type that throws while it is serialized, belongs to this item alone.
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

    private int _window; // how many items may be ahead of the consumer

    /// <summary>
    /// Returns the initial window. The window is small while items are slow, grows with the chunks, and never exceeds the look-ahead.
    /// </summary>
    private int Window()
    {
        _window = Math.Min(_lookAhead, 2 * Lanes);
        return _window;
    }

    private int WindowGrowth()
    {
        // Each refill wakes the reader, which is a thread of the thread pool. So the window covers some time of work, too.
        double ready = _sizer.PerItem is { Ticks: > 0 } perItem ? Lanes * (RefillTime / perItem) : 0;
        int wanted = (int)Math.Min(_lookAhead, Math.Max(4L * Lanes * _sizer.Size, ready));
        int growth = Math.Max(0, wanted - _window);
        _window += growth;
        return growth;
    }

    private int Lanes => _engine?.Lanes ?? 1;

    private void Announce(Chunk<TItem, TResult> chunk)
    {
        Interlocked.Increment(ref _running);
        // In order, the consumer gets a chunk when it is submitted; out of order, when it is complete.
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

        ChunkEnded(); // also the full fence between the completion and the look at the field; see WaitBriefly
        if (Volatile.Read(ref _awaited) is { } awaited && (awaited == this || awaited == chunk))
            _arrived.Set();
    }

    private void ChunkEnded()
    {
        if (Interlocked.Decrement(ref _running) == 0)
            _chunks.Writer.TryComplete(_failure);
    }
}
