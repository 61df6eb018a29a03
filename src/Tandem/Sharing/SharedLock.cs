using System.Diagnostics;
using Tandem.BackgroundWork;
using Tandem.Serialization;
using Tandem.Sharing;

namespace Tandem;

/// <summary>
/// A lock that threads or processes share. Captured in work, or part of any value that travels, it arrives as the same lock.
/// <code>
/// using (gate.Enter())
///     table[7]++;
///
/// using (await gate.EnterAsync(cancellationToken))
///     await UpdateAsync(table);
/// </code>
/// </summary>
/// <remarks>
/// A scope owns the lock, not a thread: it may be disposed of on another thread, after an await. The lock is not reentrant.
///
/// When a process dies while it owns the lock, what the lock guards may be half changed. From then on every way to enter throws
/// <see cref="AbandonedMutexException"/>, without owning the lock, until somebody enters with <c>acceptAbandoned</c>, which says that
/// it can deal with that: its scope tells (<see cref="Scope.WasAbandoned"/>), and when it has left, the lock is as before. So nobody
/// goes on with broken data unawares, and nobody owns a lock without knowing it (which is what a <see cref="Mutex"/> does: it throws
/// and is owned).
///
/// Waiters get the lock in the order in which they came, as the kernel has it; none is overtaken for ever.
/// </remarks>
[DebuggerDisplay("{Isolation}")]
[Shape(typeof(SharedShape<>))]
public sealed class SharedLock : ISharedObject<SharedLock>, IDisposable
{
    private static readonly unsafe int Size = sizeof(LockWords);

    private readonly SharedSegment? _segment;
    private readonly unsafe LockWords* _words;
    private readonly Keeper.Enrolment? _enrolment;
    private readonly int _tid;
    private readonly LocalLock _local = new(); // for threads, the lock; else the turn of those who await
    private long _scopes;
    private long _current;
    private volatile bool _disposed;

    /// <summary>Makes a lock that nobody owns.</summary>
    /// <param name="isolation">Who shares it: with <see cref="Isolation.Thread"/> it is an object on the heap.</param>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux, and processes are to share the lock.</exception>
    /// <exception cref="IOException">The system refuses the memory.</exception>
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

        _enrolment = Keeper.Enrol(_segment, SharedSegment.DataOffset);
        _tid = _enrolment.ThreadId;
        SharedObjects.Add(this, _segment);
    }

    private SharedLock(SharedSegment segment)
    {
        _segment = segment;
        unsafe
        {
            _words = (LockWords*)segment.Data;
        }

        _enrolment = Keeper.Enrol(segment, SharedSegment.DataOffset);
        _tid = _enrolment.ThreadId;
    }

    /// <summary>A scope that nobody can dispose of any more is like an owner that died.</summary>
    ~SharedLock()
    {
        if (_current != 0)
            Forsake();
    }

    /// <summary>Who can share it.</summary>
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
            throw new PayloadCorruptException("a shared lock that cannot be locked");

        return new SharedLock(segment);
    }

    /// <summary>Waits for the lock; the thread blocks.</summary>
    /// <param name="acceptAbandoned">Whether to enter although the last owner died, rather than throw.</param>
    /// <returns>What gives the lock back when it is disposed of.</returns>
    /// <exception cref="AbandonedMutexException">The last owner died; the lock is not owned.</exception>
    /// <exception cref="ObjectDisposedException">This object was disposed of.</exception>
    public Scope Enter(bool acceptAbandoned = false)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_segment is null)
        {
            if (!_local.TryTake())
                _local.TakeAsync(-1, default).GetAwaiter().GetResult();
            return Begin(Taken.Yes);
        }

        if (TryTake())
            return Begin(Taken.Yes);

        Taken taken = Take(acceptAbandoned, -1, default);
        return taken == Taken.Abandoned && !acceptAbandoned ? throw Abandoned() : Begin(taken);
    }

    /// <summary>Waits for the lock, but not for longer than a time; the thread blocks.</summary>
    /// <param name="timeout">How long; zero to try once, <see cref="Timeout.InfiniteTimeSpan"/> for as long as it takes.</param>
    /// <param name="scope">What gives the lock back when it is disposed of; nothing to dispose of when false is returned.</param>
    /// <param name="acceptAbandoned">Whether to enter although the last owner died, rather than throw.</param>
    /// <returns>Whether the lock is owned.</returns>
    /// <exception cref="AbandonedMutexException">The last owner died; the lock is not owned.</exception>
    /// <exception cref="ObjectDisposedException">This object was disposed of.</exception>
    public bool TryEnter(TimeSpan timeout, out Scope scope, bool acceptAbandoned = false)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        long milliseconds = timeout == Timeout.InfiniteTimeSpan ? -1 : (long)timeout.TotalMilliseconds;
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, -1, nameof(timeout));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(milliseconds, int.MaxValue, nameof(timeout));
        scope = default;
        if (_segment is null)
        {
            if (!_local.TryTake() && (milliseconds == 0 || !_local.TakeAsync((int)milliseconds, default).GetAwaiter().GetResult()))
                return false;

            scope = Begin(Taken.Yes);
            return true;
        }

        Taken taken = TryTake() ? Taken.Yes : Take(acceptAbandoned, milliseconds, default);
        if (taken == Taken.Abandoned && !acceptAbandoned)
            throw Abandoned();

        if (taken != Taken.No)
            scope = Begin(taken);
        return taken != Taken.No;
    }

    /// <summary>Waits for the lock without blocking a thread of the thread pool.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What gives the lock back when it is disposed of.</returns>
    /// <exception cref="AbandonedMutexException">The last owner died; the lock is not owned.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the lock is not owned.</exception>
    /// <exception cref="ObjectDisposedException">This object was disposed of.</exception>
    public ValueTask<Scope> EnterAsync(CancellationToken cancellationToken = default) => EnterAsync(false, cancellationToken);

    /// <inheritdoc cref="EnterAsync(CancellationToken)"/>
    /// <param name="acceptAbandoned">Whether to enter although the last owner died, rather than throw.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<Scope> EnterAsync(bool acceptAbandoned, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<Scope>(cancellationToken);

        if (_segment is null)
            return _local.TryTake() ? new ValueTask<Scope>(Begin(Taken.Yes)) : EnterOnThreadsAsync(cancellationToken);

        return TryTake() ? new ValueTask<Scope>(Begin(Taken.Yes)) : EnterSlowlyAsync(acceptAbandoned, cancellationToken);
    }

    /// <summary>
    /// Gives up this process's hold on the object; others keep theirs. A scope that is still open can and must be disposed of.
    /// </summary>
    public void Dispose()
    {
        _disposed = true;
        _segment?.Close(unmap: false);
        if (_current == 0)
            GC.SuppressFinalize(this);
    }

    private static AbandonedMutexException Abandoned() => new(
        "The process that owned the lock died, and what the lock guards may be half changed. The lock is not owned now; "
        + "enter with acceptAbandoned to repair the data.");

    private async ValueTask<Scope> EnterOnThreadsAsync(CancellationToken cancellationToken)
    {
        await _local.TakeAsync(-1, cancellationToken).ConfigureAwait(false);
        return Begin(Taken.Yes);
    }

    private async ValueTask<Scope> EnterSlowlyAsync(bool acceptAbandoned, CancellationToken cancellationToken)
    {
        // One at a time waits in the kernel, so that many who await cost one thread.
        if (!_local.TryTake())
            await _local.TakeAsync(-1, cancellationToken).ConfigureAwait(false);
        Taken taken;
        try
        {
            taken = await TakeAsync(acceptAbandoned, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _local.Release();
        }

        return taken == Taken.Abandoned && !acceptAbandoned ? throw Abandoned() : Begin(taken);
    }

    private Task<Taken> TakeAsync(bool acceptAbandoned, CancellationToken cancellationToken)
    {
        var waiting = new TaskCompletionSource<Taken>(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationTokenRegistration registration = Background.OnCanceled(
            static state => state.waiting.TrySetCanceled(state.cancellationToken), (waiting, cancellationToken), cancellationToken);
        BlockingThreads.Run(
            () =>
            {
                Taken taken = Take(acceptAbandoned, -1, cancellationToken);
                registration.Unregister();
                bool owned = taken == Taken.Yes || (taken == Taken.Abandoned && acceptAbandoned);
                if (taken == Taken.No)
                    waiting.TrySetCanceled(cancellationToken);
                else if (!waiting.TrySetResult(taken) && owned)
                    GiveBack(taken);
            },
            error => waiting.TrySetException(error));
        return waiting.Task;
    }

    private void GiveBack(Taken taken)
    {
        // Nobody has looked at the data: an abandoned lock stays so.
        if (taken == Taken.Abandoned)
            Forsake();
        else
            Release();
    }

    private unsafe bool TryTake() => RobustLock.TryTake(_words, _tid);

    private unsafe Taken Take(bool acceptAbandoned, long milliseconds, CancellationToken cancellationToken)
    {
        Taken taken = RobustLock.Take(_words, _tid, acceptAbandoned, milliseconds, cancellationToken);
        GC.KeepAlive(this);
        return taken;
    }

    private unsafe void Release()
    {
        RobustLock.Release(_words, _tid);
        GC.KeepAlive(this);
    }

    private unsafe void Forsake() => RobustLock.Forsake(_words, _tid);

    private Scope Begin(Taken taken)
    {
        long scope = ++_scopes; // the lock's owner alone is here
        _current = scope;
        return new Scope(this, scope, taken == Taken.Abandoned);
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

    /// <summary>What owns the lock, until it is disposed of; more than once does no harm.</summary>
    public readonly struct Scope : IDisposable, IEquatable<Scope>
    {
        private readonly SharedLock? _lock;
        private readonly long _number;

        internal Scope(SharedLock owned, long number, bool wasAbandoned)
        {
            _lock = owned;
            _number = number;
            WasAbandoned = wasAbandoned;
        }

        /// <summary>Whether the last owner died with the lock; what it guards may be half changed.</summary>
        public bool WasAbandoned { get; }

        /// <summary>Gives the lock back.</summary>
        public void Dispose() => _lock?.Leave(_number);

        /// <inheritdoc/>
        public bool Equals(Scope other) => ReferenceEquals(_lock, other._lock) && _number == other._number;

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is Scope other && Equals(other);

        /// <inheritdoc/>
        public override int GetHashCode() => _number.GetHashCode();

        /// <summary>Whether two are the same scope.</summary>
        /// <param name="left">One.</param>
        /// <param name="right">The other.</param>
        public static bool operator ==(Scope left, Scope right) => left.Equals(right);

        /// <summary>Whether two are different scopes.</summary>
        /// <param name="left">One.</param>
        /// <param name="right">The other.</param>
        public static bool operator !=(Scope left, Scope right) => !left.Equals(right);
    }
}
