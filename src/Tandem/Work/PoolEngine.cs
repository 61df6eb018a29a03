using System.Diagnostics;
using System.Globalization;
using Tandem.Context;
using Tandem.Invocation;
using Tandem.Telemetry;

namespace Tandem.Work;

/// <summary>
/// The engine behind a pool: creates its items, accepts them, gives them to workers, and ends. There is one for threads, whose workers take
/// items from a shared queue, and one for processes, where the parent decides which worker gets which item.
/// </summary>
/// <remarks>An engine gets only items that it created itself, so it may cast them to its own class.</remarks>
internal abstract class PoolEngine : ObservedPool
{
    /// <summary>
    /// The execution context in which nothing flows, and therefore no activity. In a program without activities, reading
    /// <see cref="Activity.Current"/> would load a library, which takes milliseconds. Null until a thread without a context was started.
    /// </summary>
    private static ExecutionContext? s_empty;
    private readonly SerialCalls _serialCalls = new(); // recognizes callers that can wait for their answers
    private readonly ItemSampling _sampling = new(); // chooses the items whose memory or time is measured
    private readonly CancellationTokenSource _closing = new(); // see Closing

    // The cultures of the code that created the pool. They are read when first needed, because that loads tables, which takes milliseconds.
    private ExecutionContext? _creatorContext; // the context to read them from; null once they were read
    private Cultures? _creatorCultures; // see CreatorCultures
    private volatile bool _hasPlainCultures; // whether the cultures are those of the user's system

    /// <param name="options">The options of the pool, validated.</param>
    /// <param name="ready">The event that the engine raises when a worker is ready for items.</param>
    protected PoolEngine(WorkerPoolOptions options, WorkerEventKind ready)
        : base(options, ready)
    {
        Log = new BackgroundLog(options.Name, options.LoggerFactory);
        _creatorContext = ExecutionContext.Capture();
        if (_creatorContext is null || !HasNoDefaultCultures)
        {
            // Read now, because the program may change the defaults later.
            _creatorContext = null;
            SetCreatorCultures();
        }
    }

    /// <summary>The log for the background of the pool.</summary>
    internal BackgroundLog Log { get; }

    /// <summary>Cancelled when the pool begins to end, in any mode.</summary>
    internal CancellationToken Closing => _closing.Token;

    /// <summary>How many items can run at the same time: workers times concurrency.</summary>
    internal int Lanes => Options.MaxWorkers * Options.ConcurrencyPerWorker;

    /// <summary>Changes the maximum number of workers.</summary>
    internal abstract void Resize(int workers);

    /// <summary>Called on a thread that was started without a context.</summary>
    internal static void OnEmptyContext() => s_empty ??= ExecutionContext.Capture();

    // A null context means that the flow is suppressed; there may still be an activity.
    private static bool IsEmpty(ExecutionContext? context) => context is not null && context == s_empty;

    /// <summary>Accepts an item. An error of the call itself is thrown to the caller; all other errors complete the item.</summary>
    internal void Submit(WorkItem item) => Submit(item, CaptureCaller());

    /// <inheritdoc cref="Submit(WorkItem)"/>
    internal void Submit(WorkItem item, in Caller caller)
    {
        if (caller.Cultures is { } cultures)
            item.Details.Cultures = cultures;

        if (_serialCalls.AreLong && item.Chunk is null)
            SubmitLong(item, caller);
        else
            SubmitWithin(item, caller);
    }

    private void SubmitLong(WorkItem item, in Caller caller)
    {
        LongCall call = item.Details.LongCall = _serialCalls.OnCall();
        try
        {
            SubmitWithin(item, caller);
        }
        catch (Exception)
        {
            call.OnCompleted();
            throw;
        }

        call.Wait();
    }

    private void SubmitWithin(WorkItem item, in Caller caller)
    {
        if (caller.Activity is { } activity)
            SubmitObserved(item, Instruments.Present ?? Instruments.MakeNow(), activity);
        else if (Instruments.Present is { } instruments && (Latencies?.Wants() == true || (instruments.WantsItems && _sampling.Takes())))
            SubmitObserved(item, instruments, null);
        else
            Accept(item);
    }

    /// <summary>Captures the part of the calling thread's context that its items get.</summary>
    /// <exception cref="WorkSerializationException">A culture cannot be serialized.</exception>
    internal Caller CaptureCaller()
    {
        bool isEmpty = IsEmpty(ExecutionContext.Capture());
        Cultures? cultures = isEmpty && _hasPlainCultures && HasNoDefaultCultures ? null : CaptureCultures(isEmpty);
        return new Caller(isEmpty ? null : Activity.Current, cultures);
    }

    /// <summary>Whether a thread without a culture of its own has the cultures of the user's system.</summary>
    private static bool HasNoDefaultCultures =>
        CultureInfo.DefaultThreadCurrentCulture is null && CultureInfo.DefaultThreadCurrentUICulture is null;

    /// <summary>
    /// The cultures of the code that created the pool, in which its workers start; null if these are the cultures of the user's system.
    /// </summary>
    internal Cultures? CreatorCultures
    {
        get
        {
            if (Volatile.Read(ref _creatorContext) is { } context)
            {
                if (IsEmpty(context))
                    _hasPlainCultures = true;
                else
                    ExecutionContext.Run(context, static engine => ((PoolEngine)engine!).SetCreatorCultures(), this);

                Volatile.Write(ref _creatorContext, null);
            }

            return _creatorCultures;
        }
    }

    private void SetCreatorCultures()
    {
        CultureInfo culture = CultureInfo.CurrentCulture, ui = CultureInfo.CurrentUICulture;
        if (ReferenceEquals(culture, CultureInfo.InstalledUICulture) && ReferenceEquals(ui, CultureInfo.InstalledUICulture))
            _hasPlainCultures = true;
        else
            _creatorCultures = new Cultures(culture, ui);
    }

    /// <summary>Returns the cultures of a caller; null if workers have the same.</summary>
    private Cultures? CaptureCultures(bool isEmpty)
    {
        // A foreign program chooses its own cultures, and may contain another version of this library.
        if (Options.Program is { IsForeign: true })
            return null;

        Cultures? makers = CreatorCultures;
        if (isEmpty && (makers is null || !KeepsCreatorCultures) && (HasNoDefaultCultures || !KeepsCreatorCultures))
            return null;

        CultureInfo culture = CultureInfo.CurrentCulture, ui = CultureInfo.CurrentUICulture;
        bool isBaseline = !KeepsCreatorCultures ? Cultures.AreDefaults(culture, ui)
            : makers is not null ? ReferenceEquals(culture, makers.Culture) && ReferenceEquals(ui, makers.UICulture)
            : ReferenceEquals(culture, CultureInfo.InstalledUICulture) && ReferenceEquals(ui, CultureInfo.InstalledUICulture);
        if (isBaseline)
            return null;

        var cultures = new Cultures(culture, ui);
        if (ProcessPools.AreSupported && KeepsCreatorCultures)
            _ = cultures.ToBytes();
        return cultures;
    }

    /// <summary>
    /// Whether the cultures of the pool's creator are the defaults of workers. If not, workers have the current defaults of this process.
    /// </summary>
    protected abstract bool KeepsCreatorCultures { get; }

    /// <inheritdoc cref="Submit(WorkItem)"/>
    protected abstract void Accept(WorkItem item);

    private void SubmitObserved(WorkItem item, Instruments? instruments, Activity? caller)
    {
        if (instruments is null)
        {
            Accept(item);
            return;
        }

        ItemObservation observation = instruments.Begin(item, this, caller);
        item.Details.Observation = observation;
        try
        {
            Accept(item);
        }
        catch (Exception e)
        {
            observation.End(item, e);
            throw;
        }
    }

    /// <summary>Whether the latest calls took long.</summary>
    internal bool CallsAreLong => _serialCalls.AreLong;

    /// <summary>Learns how long a call has run, in stopwatch ticks. On any thread.</summary>
    internal virtual void MeasureCall(long elapsed) => _serialCalls.Measure(elapsed);

    /// <summary>Called when the caller's token of an item was cancelled.</summary>
    internal abstract void OnItemCanceled(WorkItem item);

    /// <summary>Called when a token was cancelled that the work of an item captured. Serialized work has a copy of the token.</summary>
    /// <param name="item">The item, which may be waiting, running, or settled.</param>
    /// <param name="number">The token's number in <see cref="SentLinks.Tokens"/>.</param>
    internal virtual void OnTokenCanceled(WorkItem item, int number)
    {
    }

    /// <summary>Called when an item has waited too long.</summary>
    internal abstract void OnQueueTimeout(WorkItem item);

    /// <summary>Ends the pool. May be called again with a stronger mode.</summary>
    internal async Task StopAsync(StopMode mode)
    {
        Task ended = EndAsync(mode);
        // After the engine has closed, so that code that this cancellation resumes finds the pool closed.
        if (!_closing.IsCancellationRequested)
            _ = _closing.CancelAsync();

        try
        {
            await ended.ConfigureAwait(false);
        }
        finally
        {
            PoolGuard.Release(this);
        }
    }

    /// <inheritdoc cref="StopAsync"/>
    protected abstract Task EndAsync(StopMode mode);

    /// <inheritdoc cref="BackgroundLog.Write"/>
    internal void LogBackground(string text, Exception? error) => Log.Write(text, error);

    /// <summary>
    /// Called when a consumer waits for elements of a chunk: fetches finished outcomes, if the engine does not deliver them anyway.
    /// </summary>
    internal virtual void FetchOutcomes(Chunk chunk)
    {
    }

    /// <summary>Kills the workers that are running items. An engine whose workers cannot be killed does nothing.</summary>
    /// <param name="reason">The reason, for the errors of the items.</param>
    internal virtual void Kill(string reason)
    {
    }

    /// <summary>Creates the item of a call, of this engine's class.</summary>
    /// <param name="task">The task of the call.</param>
    /// <param name="adapter">Calls <paramref name="work"/>.</param>
    /// <param name="work">The work.</param>
    /// <param name="argument">The argument, if the work has one.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    /// <exception cref="WorkSerializationException">This engine serializes the work, and the work cannot be serialized.</exception>
    internal abstract WorkItem CreateItem(
        ICallTask task, DelegateAdapter adapter, Delegate work, object? argument, CancellationToken cancellationToken);

    /// <summary>Creates a chunk of a map, with an item of this engine's class.</summary>
    internal abstract Chunk<TItem, TResult> CreateChunk<TItem, TResult>(MapCall<TItem, TResult> call);

    /// <summary>
    /// Fails an item that passed its time limit. The time-out is counted first, so that code that sees the error sees it counted.
    /// </summary>
    internal void FailForTimeout(WorkItem item, WorkTimeoutException error)
    {
        Events.AddTimeouts(1);
        if (!item.SetException(error))
            Events.AddTimeouts(-1); // the item completed just now
    }

    /// <param name="item">The item.</param>
    /// <param name="note">What the item waited for, if known.</param>
    protected static WorkTimeoutException QueueTimeout(WorkItem item, string? note = null)
    {
        TimeSpan limit = item.Limits!.QueueTimeout!.Value;
        return new WorkTimeoutException(item.NameOf(0), limit, limit, hasStarted: false, note: note);
    }

    internal ObjectDisposedException Disposed() => Disposed(Options.Name);

    /// <summary>Creates the error for items that a pool did not run because it has ended.</summary>
    internal static ObjectDisposedException Disposed(string pool) =>
        new(nameof(WorkerPool), $"'{pool}' is disposed: it accepts no more work, and the work that was still waiting has failed.");
}
