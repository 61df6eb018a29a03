using System.Diagnostics;
using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Transport;

namespace Tandem.Work;

/// <summary>Where an item is. It only ever moves on, by compare-and-set, so each item settles exactly once.</summary>
internal enum ItemState
{
    /// <summary>Waits for a worker; may still be cancelled without having run.</summary>
    Queued = 0,

    /// <summary>Given to a worker.</summary>
    Assigned = 1,

    /// <summary>Its task is complete, or about to be.</summary>
    Settled = 2,
}

/// <summary>One call of a pool, from submission until its task completes.</summary>
[DebuggerDisplay("{Name}, {State}")]
internal abstract class WorkItem : IPollTarget
{
    private int _state;
    private int _firstElement;
    private ItemDetails? _details;

    /// <summary>The next item in the queue that holds this one.</summary>
    internal WorkItem? Next;

    /// <summary>How the work is called.</summary>
    internal Form Form { get; }

    /// <summary>The work, as the caller gave it.</summary>
    internal Delegate Work { get; }

    /// <summary>The caller's token.</summary>
    internal CancellationToken CancellationToken { get; }

    /// <summary>In a pool of processes: the code as it travels.</summary>
    internal Callable? Callable;

    /// <summary>In a pool of processes: the arguments as they travel; null for none.</summary>
    internal Payload? Payload;

    /// <summary>In a pool of processes: the worker that has the item.</summary>
    internal Processes.ProcessWorker? Worker;

    /// <summary>The slot of the worker's link that the item occupies.</summary>
    internal int Slot;

    /// <summary>Distinguishes this run of the item from every other user of its slot.</summary>
    internal uint Sequence;

    /// <summary>How often the item was started.</summary>
    internal int Attempt;

    protected WorkItem(Form form, Delegate work, CancellationToken cancellationToken)
    {
        Form = form;
        Work = work;
        CancellationToken = cancellationToken;
    }

    internal ItemState State => (ItemState)Volatile.Read(ref _state);

    public bool IsSettled => State == ItemState.Settled;

    /// <summary>Whether the item is a chunk of a map, whose elements settle one by one.</summary>
    internal virtual int ElementCount => 0;

    /// <summary>The first element of a chunk that has no outcome yet. Written after the outcomes before it.</summary>
    internal int FirstElement
    {
        get => Volatile.Read(ref _firstElement);
        set => Volatile.Write(ref _firstElement, value);
    }

    /// <summary>What few items have.</summary>
    internal ItemDetails Details => _details ?? Interlocked.CompareExchange(ref _details, new ItemDetails(), null) ?? _details;

    internal ItemDetails? DetailsIfAny => _details;

    /// <summary>Null for the many that have none.</summary>
    internal Supervision.ItemLimits? Limits => _details?.Limits;

    internal string Name => _details?.Name ?? MethodNames.Readable(Work.Method);

    /// <summary>The name of an element of a chunk; for a single call, its name.</summary>
    internal virtual string NameOf(int element) => Name;

    /// <summary>Moves from queued to assigned; false when the item was cancelled meanwhile.</summary>
    internal bool TryAssign() => Interlocked.CompareExchange(ref _state, (int)ItemState.Assigned, (int)ItemState.Queued) == (int)ItemState.Queued;

    /// <summary>Back to the queue, unstarted.</summary>
    internal bool TryRequeue() => Interlocked.CompareExchange(ref _state, (int)ItemState.Queued, (int)ItemState.Assigned) == (int)ItemState.Assigned;

    /// <summary>Claims the right to complete the task.</summary>
    protected bool TrySettle()
    {
        if (Interlocked.Exchange(ref _state, (int)ItemState.Settled) == (int)ItemState.Settled)
            return false;

        _details?.Release();
        return true;
    }

    /// <summary>Settles an item that still waits, and only then.</summary>
    internal bool TryCancelQueued()
    {
        if (!TryAssign())
            return false;

        SetCanceled(CancellationToken);
        return true;
    }

    /// <summary>Has <paramref name="engine"/> told when the caller's token is cancelled.</summary>
    internal void WatchCancellation(PoolEngine engine)
    {
        if (!CancellationToken.CanBeCanceled)
            return;

        Details.Keep(CancellationToken.UnsafeRegister(
            static state => { var (engine, item) = ((PoolEngine, WorkItem))state!; engine.OnItemCanceled(item); }, (engine, this)));
    }

    /// <summary>Has <paramref name="engine"/> told when the item has waited too long.</summary>
    internal void WatchQueueTimeout(PoolEngine engine, Supervision.ItemLimits limits)
    {
        if (limits.QueueTimeout is { } limit)
            Details.QueueDeadline = TimeProvider.System.CreateTimer(_ => engine.OnQueueTimeout(this), null, limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>An error of the work as its caller sees it: the memory limit speaks for itself.</summary>
    internal Exception Explain(Exception error)
    {
        if (error is not OutOfMemoryException || Limits is not { MemoryLimit: > 0 and var limit })
            return error;

        Details.RanOutOfMemory = true;
        return new WorkMemoryException(Name, limit, "an allocation was refused.", error);
    }

    /// <summary>Whether an argument travels with the call.</summary>
    internal virtual bool HasArgument => false;

    /// <summary>In a pool of processes: writes argument and captured values.</summary>
    internal abstract void WriteArguments(PayloadWriter writer);

    /// <summary>Completes the task with the result that a worker sent.</summary>
    internal abstract void ReadResult(PayloadReader reader);

    /// <summary>Fails the task; false when it was over before.</summary>
    internal abstract bool SetException(Exception error);

    /// <summary>Cancels the task.</summary>
    internal abstract void SetCanceled(CancellationToken token);

    /// <summary>Of a chunk: where its present run began, and how many bytes of that run's outcomes have been read.</summary>
    internal virtual ref ChunkProgress Progress => throw new InvalidOperationException("no chunk");

    /// <summary>Of a chunk: its elements ran for so many stopwatch ticks more.</summary>
    internal virtual void AddElapsed(long ticks)
    {
    }

    /// <summary>Of a chunk: the worker died in this element.</summary>
    internal virtual void FailElement(int element, Exception error) => SetException(error);

    /// <summary>On threads: runs the elements of a chunk.</summary>
    internal virtual void RunElements(object? state, CancellationToken aborted) => throw new InvalidOperationException("no chunk");

    /// <summary>A worker sent outcomes of a chunk's elements, up to <paramref name="finished"/>.</summary>
    internal virtual void ReadElements(PayloadReader reader, int finished) => throw new ProtocolException("elements of an item that is no chunk");
}

/// <summary>How far the parent has read the outcomes of a chunk while it runs.</summary>
internal struct ChunkProgress
{
    internal int First;
    internal nint Bytes;
}

/// <summary>Arguments on their way: a small payload is an array, a large one a block of the pool's memory.</summary>
internal sealed class Payload
{
    private nint _block;

    internal Payload(byte[] bytes)
    {
        Bytes = bytes;
        Length = bytes.Length;
    }

    internal Payload(nint block, nint length)
    {
        _block = block;
        Length = length;
    }

    internal byte[]? Bytes { get; }

    internal nint Length { get; }

    /// <summary>The block, where there is one that was not freed.</summary>
    internal nint Block => _block;

    /// <summary>Frees the block, once, whoever is first.</summary>
    internal unsafe void Free(IPayloadMemory memory)
    {
        nint block = Interlocked.Exchange(ref _block, 0);
        if (block != 0)
            memory.Free((byte*)block);
    }
}

/// <inheritdoc/>
internal sealed class WorkItem<TResult> : WorkItem
{
    // Continuations never run on the thread that completes the task: it serves other items too.
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal WorkItem(Form<TResult> form, Delegate work, object? argument, CancellationToken cancellationToken)
        : base(form, work, cancellationToken) => Argument = argument;

    internal object? Argument { get; }

    internal override bool HasArgument => ((Form<TResult>)Form).TakesArgument;

    internal Task<TResult> Task => _completion.Task;

    internal void SetResult(TResult result)
    {
        if (TrySettle())
            AfterReports(static (completion, result) => completion.TrySetResult(result), result);
    }

    internal override bool SetException(Exception error)
    {
        if (error is OperationCanceledException canceled)
        {
            SetCanceled(canceled);
            return true;
        }

        if (!TrySettle())
            return false;

        AfterReports(static (completion, error) => completion.TrySetException(error), error);
        return true;
    }

    internal override void SetCanceled(CancellationToken token)
    {
        if (TrySettle())
            AfterReports(static (completion, token) => completion.TrySetCanceled(token), token);
    }

    internal override void WriteArguments(PayloadWriter writer)
    {
        Callable!.Method.WriteValues(writer, Work);
        try
        {
            ((Form<TResult>)Form).WriteArgument(writer, Argument);
        }
        catch (WorkSerializationException e)
        {
            e.Prepend("argument");
            throw;
        }
    }

    internal override void ReadResult(PayloadReader reader)
    {
        TResult result;
        try
        {
            result = Form<TResult>.Read(reader);
        }
        catch (WorkSerializationException e)
        {
            SetException(e);
            return;
        }

        SetResult(result);
    }

    private void SetCanceled(OperationCanceledException canceled) =>
        SetCanceled(CancellationToken.IsCancellationRequested ? CancellationToken : canceled.CancellationToken);

    /// <summary>Reports that were sent before the end are delivered before the task completes.</summary>
    private void AfterReports<T>(Action<TaskCompletionSource<TResult>, T> complete, T value)
    {
        if (DetailsIfAny?.Reports is { } reports)
            Queue(reports, complete, value);
        else
            complete(_completion, value);
    }

    // Apart from its caller, so that a call without reports does not pay for the closure.
    private void Queue<T>(SerialQueue reports, Action<TaskCompletionSource<TResult>, T> complete, T value) =>
        reports.Enqueue(() => complete(_completion, value));
}
