using System.Diagnostics;
using System.Globalization;
using Tandem.Context;
using Tandem.Shipping;
using Tandem.Telemetry;

namespace Tandem.Work;

/// <summary>
/// What stands behind a pool: makes its items, takes them, gives them to workers, ends. There is one kind for threads, whose workers take
/// items from a shared queue, and one for processes, where the parent decides which worker gets which item.
/// </summary>
/// <remarks>An engine is only ever given items that it has made, so it casts them to its own class.</remarks>
internal abstract class PoolEngine : ObservedPool
{
    /// <summary>
    /// The context in which nothing flows, so no activity either: to ask for one loads a library for milliseconds, in a program that
    /// has none. Null until a thread has been seen that was started without a context.
    /// </summary>
    private static ExecutionContext? s_empty;
    private readonly ItemSampling _sampling = new();
    private readonly CancellationTokenSource _closing = new();

    // The cultures of who made the pool are asked for when they are needed: that loads tables for milliseconds. Null when that is done.
    private ExecutionContext? _makersContext;
    private Cultures? _makersCultures;
    private volatile bool _hasPlainCultures;

    /// <param name="options">The pool's, validated.</param>
    /// <param name="ready">What the engine raises when a worker takes items from now on.</param>
    protected PoolEngine(WorkerPoolOptions options, WorkerEventKind ready)
        : base(options, ready)
    {
        Log = new BackgroundLog(options.Name, options.LoggerFactory);
        _makersContext = ExecutionContext.Capture();
        if (_makersContext is null || !HasNoDefaultCultures)
        {
            // Now, as defaults may change.
            _makersContext = null;
            SetMakersCultures();
        }
    }

    /// <summary>What happened in the background, where nobody can be told by an exception.</summary>
    internal BackgroundLog Log { get; }

    /// <summary>Cancelled when the pool begins to end, in whatever mode.</summary>
    internal CancellationToken Closing => _closing.Token;

    /// <summary>Workers that run items at the same time: workers times concurrency.</summary>
    internal int Lanes => Options.MaxWorkers * Options.ConcurrencyPerWorker;

    /// <summary>Changes how many workers there are at most.</summary>
    internal abstract void Resize(int workers);

    /// <summary>Called on a thread that was started without a context.</summary>
    internal static void OnEmptyContext() => s_empty ??= ExecutionContext.Capture();

    // Null where the flow is suppressed: an activity may be there all the same.
    private static bool IsEmpty(ExecutionContext? context) => context is not null && context == s_empty;

    /// <summary>Takes an item. An error of the call itself is thrown here, on the caller's thread; all others go to the item.</summary>
    internal void Submit(WorkItem item) => Submit(item, CaptureCaller());

    /// <inheritdoc cref="Submit(WorkItem)"/>
    internal void Submit(WorkItem item, in Caller caller)
    {
        if (caller.Cultures is { } cultures)
            item.Details.Cultures = cultures;

        if (caller.Activity is { } activity)
            SubmitObserved(item, Instruments.Present ?? Instruments.MakeNow(), activity);
        else if (Instruments.Present is { } instruments && (Latencies?.Wants() == true || (instruments.WantsItems && _sampling.Takes())))
            SubmitObserved(item, instruments, null);
        else
            Accept(item);
    }

    /// <summary>What of the calling thread's context its items have.</summary>
    /// <exception cref="WorkSerializationException">A culture cannot travel.</exception>
    internal Caller CaptureCaller()
    {
        bool isEmpty = IsEmpty(ExecutionContext.Capture());
        Cultures? cultures = isEmpty && _hasPlainCultures && HasNoDefaultCultures ? null : CaptureCultures(isEmpty);
        return new Caller(isEmpty ? null : Activity.Current, cultures);
    }

    /// <summary>Whether a culture that is set on no thread is the user's.</summary>
    private static bool HasNoDefaultCultures => CultureInfo.DefaultThreadCurrentCulture is null && CultureInfo.DefaultThreadCurrentUICulture is null;

    /// <summary>The cultures of who made the pool, in which its workers start; null for those of the user.</summary>
    internal Cultures? MakersCultures
    {
        get
        {
            if (Volatile.Read(ref _makersContext) is { } context)
            {
                if (IsEmpty(context))
                    _hasPlainCultures = true;
                else
                    ExecutionContext.Run(context, static engine => ((PoolEngine)engine!).SetMakersCultures(), this);

                Volatile.Write(ref _makersContext, null);
            }

            return _makersCultures;
        }
    }

    private void SetMakersCultures()
    {
        CultureInfo culture = CultureInfo.CurrentCulture, ui = CultureInfo.CurrentUICulture;
        if (ReferenceEquals(culture, CultureInfo.InstalledUICulture) && ReferenceEquals(ui, CultureInfo.InstalledUICulture))
            _hasPlainCultures = true;
        else
            _makersCultures = new Cultures(culture, ui);
    }

    /// <summary>The cultures of a caller, where a worker would have others.</summary>
    private Cultures? CaptureCultures(bool isEmpty)
    {
        // Another program's own business; it may also have another version of this library.
        if (Options.Program is { IsForeign: true })
            return null;

        Cultures? makers = MakersCultures;
        if (isEmpty && (makers is null || !KeepsMakersCultures) && (HasNoDefaultCultures || !KeepsMakersCultures))
            return null;

        CultureInfo culture = CultureInfo.CurrentCulture, ui = CultureInfo.CurrentUICulture;
        bool isBaseline = !KeepsMakersCultures ? Cultures.AreDefaults(culture, ui)
            : makers is not null ? ReferenceEquals(culture, makers.Culture) && ReferenceEquals(ui, makers.UICulture)
            : ReferenceEquals(culture, CultureInfo.InstalledUICulture) && ReferenceEquals(ui, CultureInfo.InstalledUICulture);
        if (isBaseline)
            return null;

        var cultures = new Cultures(culture, ui);
        if (ProcessPools.AreSupported && KeepsMakersCultures)
            _ = cultures.ToBytes();
        return cultures;
    }

    /// <summary>Whether workers have the maker's cultures as their defaults; otherwise they have those of this process, as they are.</summary>
    protected abstract bool KeepsMakersCultures { get; }

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

    /// <summary>The caller's token of an item was cancelled.</summary>
    internal abstract void OnItemCanceled(WorkItem item);

    /// <summary>A token was cancelled that the work of an item captured. Where the work is serialized, it has a token of its own.</summary>
    /// <param name="item">The item, which may be waiting, running, or settled.</param>
    /// <param name="number">The token's number in <see cref="SentLinks.Tokens"/>.</param>
    internal virtual void OnTokenCanceled(WorkItem item, int number)
    {
    }

    /// <summary>An item has waited for too long.</summary>
    internal abstract void OnQueueTimeout(WorkItem item);

    /// <summary>Ends the pool; may be called again with a stronger mode.</summary>
    internal async Task StopAsync(StopMode mode)
    {
        Task ended = EndAsync(mode);
        // After the engine has closed: what this lets go on finds the pool closed.
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

    /// <summary>A consumer waits for elements of a chunk: brings what is finished, where that takes an effort.</summary>
    internal virtual void Harvest(Chunk chunk)
    {
    }

    /// <summary>Ends the workers that run something, at once. An engine whose workers cannot be ended does nothing.</summary>
    /// <param name="reason">Why, for the errors of the items.</param>
    internal virtual void Kill(string reason)
    {
    }

    /// <summary>Makes the item of a call, of this engine's class.</summary>
    /// <param name="task">Completes with the call.</param>
    /// <param name="form">How <paramref name="work"/> is called.</param>
    /// <param name="work">What the call runs.</param>
    /// <param name="argument">What it is given, where its form has an argument.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="WorkSerializationException">The work is serialized by this engine, and cannot be.</exception>
    internal abstract WorkItem CreateItem(ICallTask task, Form form, Delegate work, object? argument, CancellationToken cancellationToken);

    /// <summary>Makes a chunk of a map, with an item of this engine's class.</summary>
    internal abstract Chunk<TItem, TResult> CreateChunk<TItem, TResult>(MapCall<TItem, TResult> call);

    /// <summary>Fails an item that passed its time limit. It is counted first: whoever sees the error finds it in the totals.</summary>
    internal void FailForTimeout(WorkItem item, WorkTimeoutException error)
    {
        Events.AddTimeouts(1);
        if (!item.SetException(error))
            Events.AddTimeouts(-1); // it was done in this moment
    }

    /// <param name="item">The item.</param>
    /// <param name="note">What it waited for, where that is known.</param>
    protected static WorkTimeoutException QueueTimeout(WorkItem item, string? note = null)
    {
        TimeSpan limit = item.Limits!.QueueTimeout!.Value;
        return new WorkTimeoutException(item.NameOf(0), limit, limit, hasStarted: false, note: note);
    }

    internal ObjectDisposedException Disposed() => Disposed(Options.Name);

    /// <summary>The error for what a pool that has ended did not run.</summary>
    internal static ObjectDisposedException Disposed(string pool) =>
        new(nameof(WorkerPool), $"'{pool}' is disposed: it takes no more work, and what still waited was given up.");
}
