namespace Tandem.Sharing;

/// <summary>The lock in shared memory.</summary>
internal struct LockWords
{
    /// <summary>
    /// The futex; see <see cref="RobustLock"/> for its values. The registry of each process that has the lock open has registered it.
    /// </summary>
    internal int Word;

    /// <summary>The process that owns the lock. Written just after the word is acquired, cleared just before it is released.</summary>
    internal int OwnerProcess;
}
