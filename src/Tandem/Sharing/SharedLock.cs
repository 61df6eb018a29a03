using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Tandem.BackgroundWork;
using Tandem.Serialization;
using Tandem.Sharing;

namespace Tandem;

/// <summary>
/// A lock that threads or processes share. When work captures it, or it is part of any serialized value, it arrives as the same lock.
/// <code>
/// using (gate.Enter())
///     table[7]++;
///
/// using (await gate.EnterAsync(cancellationToken))
///     await UpdateAsync(table);
/// </code>
/// </summary>
/// <remarks>
/// A scope owns the lock, not a thread: a scope may be disposed on another thread, after an await. The lock is not reentrant.
///
/// When a process dies while it owns the lock, the data that the lock guards may be partly changed. From then on, every method that
/// enters throws <see cref="AbandonedMutexException"/> without acquiring the lock, until a caller enters with <c>acceptAbandoned</c> and
/// so declares that it can repair the data. The scope of that caller has <see cref="Scope.WasAbandoned"/> set; when it is disposed, the
/// lock is usable as before. So no caller continues with broken data unknowingly, and no caller owns the lock without knowing it (a <see
/// cref="Mutex"/> throws although it is acquired).
///
/// The kernel queues the waiters in first-come, first-served order; none of them starves.
/// </remarks>
[DebuggerDisplay("{Isolation}")]
[Shape(typeof(SharedShape<>))]
public sealed class SharedLock : ISharedObject<SharedLock>, IDisposable
{
    private static readonly unsafe int Size = sizeof(LockWords);

    private readonly SharedSegment? _segment; // null if only threads share the lock
    private readonly unsafe LockWords* _words; // the lock in shared memory
    private readonly RobustFutexRegistry.Registration? _registration; // marks the lock as abandoned when this process dies
    private readonly int _tid; // the value of the lock's word while this process owns it
    private readonly LocalLock _local = new(); // for threads: the lock; otherwise lets one asynchronous waiter into the kernel
    private long _scopes; // the number of the last scope; written only by the lock's owner
    private long _current; // the number of the open scope of this process, 0 for none; written only by the lock's owner
    private volatile bool _disposed; // set by Dispose; an open scope can still leave

    /// <summary>Creates a lock that is not owned.</summary>
    /// <param name="isolation">Who shares the lock. With <see cref="Isolation.Thread"/> it is an object on the heap.</param>
    /// <exception cref="PlatformNotSupportedException">Processes cannot share a lock on this system: it is not Linux.</exception>
    /// <exception cref="IOException">The system did not provide the memory.</exception>
    public SharedLock(Isolation isolation = Isolation.Process)
    {
        if (isolation == Isolation.Thread)
        {
            GC.SuppressFinalize(this);
            return;
        }

        _segment = SharedSegment.Create(SegmentKind.Lock, typeof(LockWords), Size, 1, Size);
        unsafe
        {
            _words = (LockWords*)_segment.Data;
        }

        _registration = RobustFutexRegistry.Register(_segment, SharedSegment.DataOffset);
        _tid = _registration.ThreadId;
        SharedObjects.Add(this, _segment);
    }

    private SharedLock(SharedSegment segment)
    {
        _segment = segment;
        unsafe
        {
            _words = (LockWords*)segment.Data;
        }

        _registration = RobustFutexRegistry.Register(segment, SharedSegment.DataOffset);
        _tid = _registration.ThreadId;
    }

    /// <summary>If a scope is open, nothing can dispose it any more: marks the lock as abandoned.</summary>
    ~SharedLock()
    {
        if (_current != 0)
            MarkAbandoned();
    }

    /// <summary>Gets who can share the lock: threads or processes.</summary>
    public Isolation Isolation => _segment is null ? Isolation.Thread : Isolation.Process;

    SharedSegment? ISharedObject.Segment
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _segment;
        }
    }

    static SharedLock ISharedObject<SharedLock>.Open(SharedSegment segment)
    {
        Elements.Expect<LockWords>(segment, SegmentKind.Lock, Size);
        if (segment.Length < SharedSegment.DataOffset + Size || segment.IsReadOnly)
            throw new PayloadCorruptException("a shared lock whose memory is too small or read-only");

        return new SharedLock(segment);
    }

    /// <summary>Acquires the lock; blocks the thread until then.</summary>
    /// <param name="acceptAbandoned">Whether to acquire the lock although the previous owner died, instead of throwing.</param>
    /// <returns>A scope that releases the lock when it is disposed.</returns>
    /// <exception cref="AbandonedMutexException">The previous owner died. The lock is not acquired.</exception>
    /// <exception cref="ObjectDisposedException">This object has been disposed.</exception>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The method blocks by contract; EnterAsync does not.")]
    public Scope Enter(bool acceptAbandoned = false)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_segment is null)
        {
            if (!_local.TryAcquire())
                _local.AcquireAsync(-1, default).GetAwaiter().GetResult();
            return Begin(LockAcquisition.Acquired);
        }

        if (TryAcquire())
            return Begin(LockAcquisition.Acquired);

        LockAcquisition acquired = Acquire(acceptAbandoned, -1, default);
        return acquired == LockAcquisition.Abandoned && !acceptAbandoned ? throw Abandoned() : Begin(acquired);
    }

    /// <summary>Acquires the lock, unless a time-out elapses first; blocks the thread until then.</summary>
    /// <param name="timeout">
    /// The maximum time to wait: zero to try once, <see cref="Timeout.InfiniteTimeSpan"/> to wait without a limit.
    /// </param>
    /// <param name="scope">A scope that releases the lock when it is disposed; an empty scope if the method returns false.</param>
    /// <param name="acceptAbandoned">Whether to acquire the lock although the previous owner died, instead of throwing.</param>
    /// <returns>Whether the lock was acquired.</returns>
    /// <exception cref="AbandonedMutexException">The previous owner died. The lock is not acquired.</exception>
    /// <exception cref="ObjectDisposedException">This object has been disposed.</exception>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The method blocks by contract; EnterAsync does not.")]
    public bool TryEnter(TimeSpan timeout, out Scope scope, bool acceptAbandoned = false)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        long milliseconds = timeout == Timeout.InfiniteTimeSpan ? -1 : (long)timeout.TotalMilliseconds;
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, -1, nameof(timeout));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(milliseconds, int.MaxValue, nameof(timeout));
        scope = default;
        if (_segment is null)
        {
            if (!_local.TryAcquire() && (milliseconds == 0 || !_local.AcquireAsync((int)milliseconds, default).GetAwaiter().GetResult()))
                return false;

            scope = Begin(LockAcquisition.Acquired);
            return true;
        }

        LockAcquisition acquired = TryAcquire() ? LockAcquisition.Acquired : Acquire(acceptAbandoned, milliseconds, default);
        if (acquired == LockAcquisition.Abandoned && !acceptAbandoned)
            throw Abandoned();

        if (acquired != LockAcquisition.NotAcquired)
            scope = Begin(acquired);
        return acquired != LockAcquisition.NotAcquired;
    }

    /// <summary>Acquires the lock without blocking a thread-pool thread.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A scope that releases the lock when it is disposed.</returns>
    /// <exception cref="AbandonedMutexException">The previous owner died. The lock is not acquired.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled. The lock is not acquired.</exception>
    /// <exception cref="ObjectDisposedException">This object has been disposed.</exception>
    public ValueTask<Scope> EnterAsync(CancellationToken cancellationToken = default) => EnterAsync(false, cancellationToken);

    /// <inheritdoc cref="EnterAsync(CancellationToken)"/>
    /// <param name="acceptAbandoned">Whether to acquire the lock although the previous owner died, instead of throwing.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public ValueTask<Scope> EnterAsync(bool acceptAbandoned, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<Scope>(cancellationToken);

        if (_segment is null)
            return _local.TryAcquire() ? new ValueTask<Scope>(Begin(LockAcquisition.Acquired)) : EnterOnThreadsAsync(cancellationToken);

        return TryAcquire() ? new ValueTask<Scope>(Begin(LockAcquisition.Acquired)) : EnterSlowlyAsync(acceptAbandoned, cancellationToken);
    }

    /// <summary>
    /// Releases this process's reference to the lock; other processes keep theirs. A scope that is still open can and must be disposed.
    /// </summary>
    public void Dispose()
    {
        _disposed = true;
        _segment?.Close(unmap: false);
        if (_current == 0)
            GC.SuppressFinalize(this);
    }

    private static AbandonedMutexException Abandoned() => new(
        "The process that owned the lock died, and the data that the lock guards may be partly changed. The lock was not acquired. "
        + "Enter with acceptAbandoned to acquire it and repair the data.");

    private async ValueTask<Scope> EnterOnThreadsAsync(CancellationToken cancellationToken)
    {
        await _local.AcquireAsync(-1, cancellationToken).ConfigureAwait(false);
        return Begin(LockAcquisition.Acquired);
    }

    private async ValueTask<Scope> EnterSlowlyAsync(bool acceptAbandoned, CancellationToken cancellationToken)
    {
        // Only one asynchronous waiter waits in the kernel, so that many of them block only one thread.
        if (!_local.TryAcquire())
            await _local.AcquireAsync(-1, cancellationToken).ConfigureAwait(false);
        LockAcquisition acquired;
        try
        {
            acquired = await AcquireAsync(acceptAbandoned, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _local.Release();
        }

        return acquired == LockAcquisition.Abandoned && !acceptAbandoned ? throw Abandoned() : Begin(acquired);
    }

    private Task<LockAcquisition> AcquireAsync(bool acceptAbandoned, CancellationToken cancellationToken)
    {
        var waiting = new TaskCompletionSource<LockAcquisition>(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationTokenRegistration registration = Background.OnCanceled(
            static state => state.waiting.TrySetCanceled(state.cancellationToken), (waiting, cancellationToken), cancellationToken);
        BlockingThreads.Run(
            () =>
            {
                LockAcquisition acquired = Acquire(acceptAbandoned, -1, cancellationToken);
                registration.Unregister();
                bool owned = acquired == LockAcquisition.Acquired || (acquired == LockAcquisition.Abandoned && acceptAbandoned);
                if (acquired == LockAcquisition.NotAcquired)
                    waiting.TrySetCanceled(cancellationToken);
                else if (!waiting.TrySetResult(acquired) && owned)
                    Undo(acquired);
            },
            error => waiting.TrySetException(error));
        return waiting.Task;
    }

    private void Undo(LockAcquisition acquired)
    {
        // No caller has seen the data, so an abandoned lock stays abandoned.
        if (acquired == LockAcquisition.Abandoned)
            MarkAbandoned();
        else
            Release();
    }

    private unsafe bool TryAcquire() => RobustLock.TryAcquire(_words, _tid);

    private unsafe LockAcquisition Acquire(bool acceptAbandoned, long milliseconds, CancellationToken cancellationToken)
    {
        LockAcquisition acquired = RobustLock.Acquire(_words, _tid, acceptAbandoned, milliseconds, cancellationToken);
        GC.KeepAlive(this);
        return acquired;
    }

    private unsafe void Release()
    {
        RobustLock.Release(_words, _tid);
        GC.KeepAlive(this);
    }

    private unsafe void MarkAbandoned() => RobustLock.MarkAbandoned(_words, _tid);

    private Scope Begin(LockAcquisition acquired)
    {
        long scope = ++_scopes; // only the lock's owner runs this
        _current = scope;
        return new Scope(this, scope, acquired == LockAcquisition.Abandoned);
    }

    private void Leave(long scope)
    {
        if (_current != scope)
            return;

        _current = 0;
        if (_segment is null)
            _local.Release();
        else
            Release();
    }

    /// <summary>Owns the lock until it is disposed. Disposing it more than once has no effect.</summary>
    public readonly struct Scope : IDisposable, IEquatable<Scope>
    {
        private readonly SharedLock? _lock; // null for an empty scope
        private readonly long _number; // identifies the scope, so that a second Dispose has no effect

        internal Scope(SharedLock owned, long number, bool wasAbandoned)
        {
            _lock = owned;
            _number = number;
            WasAbandoned = wasAbandoned;
        }

        /// <summary>
        /// Gets whether the previous owner died while it owned the lock. The data that the lock guards may then be partly changed.
        /// </summary>
        public bool WasAbandoned { get; }

        /// <summary>Releases the lock.</summary>
        public void Dispose() => _lock?.Leave(_number);

        /// <inheritdoc/>
        public bool Equals(Scope other) => ReferenceEquals(_lock, other._lock) && _number == other._number;

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is Scope other && Equals(other);

        /// <inheritdoc/>
        public override int GetHashCode() => _number.GetHashCode();

        /// <summary>Returns whether both are the same scope.</summary>
        /// <param name="left">The first scope.</param>
        /// <param name="right">The second scope.</param>
        public static bool operator ==(Scope left, Scope right) => left.Equals(right);

        /// <summary>Returns whether they are different scopes.</summary>
        /// <param name="left">The first scope.</param>
        /// <param name="right">The second scope.</param>
        public static bool operator !=(Scope left, Scope right) => !left.Equals(right);
    }
}
