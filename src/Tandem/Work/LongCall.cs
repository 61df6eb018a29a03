using Tandem.BackgroundWork;

namespace Tandem.Work;

/// <summary>A call that was submitted while calls were long. See <see cref="SerialCalls"/>.</summary>
/// <param name="calls">Counts the call.</param>
/// <param name="limit">How long the caller waits for the answer inside the call; zero if it does not.</param>
internal sealed class LongCall(SerialCalls calls, TimeSpan limit)
{
    private readonly BriefWait? _answered = limit > TimeSpan.Zero ? new BriefWait() : null;

    private bool _isCompleted; // see OnCompleted

    /// <summary>Whether the caller waits inside the call.</summary>
    internal bool HasWaiter => _answered is not null;

    /// <summary>The task of the call is complete, or the call was refused. Only the first call of this method counts.</summary>
    internal void OnCompleted()
    {
        if (Interlocked.Exchange(ref _isCompleted, true))
            return;

        calls.OnAnswered();
        _answered?.Set();
    }

    /// <summary>Waits until the task is complete, if the caller is to wait, and not for long.</summary>
    internal void Wait() => _answered?.Wait(limit);
}
