using Tandem.BackgroundWork;
using Tandem.Context;
using Tandem.Invocation;
using Tandem.Telemetry;

namespace Tandem.Work;

/// <summary>
/// The data that only few items have: a name, limits, a token, captured tokens, progress. Its fields are guarded by itself.
/// </summary>
internal sealed class ItemDetails
{
    private List<CancellationTokenRegistration>? _registrations; // of the caller's and the captured tokens
    private ITimer? _queueDeadline; // fails the item if it waits too long
    private ITimer? _deadline; // checks whether the item runs too long
    private ITimer? _grace; // kills the worker of an item that ignores its token
    private bool _released; // whether Release was called: whatever comes later is released at once

    internal string? Name { get; set; }

    /// <summary>The node in the list of items that wait for a place in the queue, so that the item can leave from the middle.</summary>
    internal LinkedListNode<WorkItem>? Outside { get; set; }

    /// <summary>The caller's token.</summary>
    internal CancellationToken CancellationToken { get; set; }

    internal SentLinks? Links { get; private set; }

    internal SerialQueue? Reports { get; set; }

    /// <summary>Set for a call that is expected to take long.</summary>
    internal LongCall? LongCall { get; set; }

    /// <summary>Resolves tokens in the answers to the item.</summary>
    internal CallLinks AnswerLinks =>
        CancellationToken.CanBeCanceled || Links is not null ? new AnswerLinks(Links, CancellationToken) : CallLinks.ForResults;

    internal ItemLimits? Limits { get; set; }

    /// <summary>The caller's cultures; null if they are the workers' cultures.</summary>
    internal Cultures? Cultures { get; set; }

    /// <summary>The measurement of the item; null if nothing listens.</summary>
    internal ItemObservation? Observation { get; set; }

    /// <summary>How many workers have crashed while they ran the item.</summary>
    internal int Crashes { get; set; }

    /// <summary>Whether the item failed because of its memory limit.</summary>
    internal bool RanOutOfMemory { get; set; }

    /// <summary>Stores the captured tokens, progress receivers and shared objects of the call.</summary>
    internal void Take(SentLinks links)
    {
        Links = links;
        lock (this)
        {
            if (!_released)
                return;
        }

        links.Release();
    }

    /// <summary>Stores the timer that fails the item if it waits too long.</summary>
    internal void KeepQueueDeadline(ITimer timer) => Keep(ref _queueDeadline, timer);

    /// <summary>Stores the timer that checks whether the item runs too long, and disposes the previous one.</summary>
    internal void KeepDeadline(ITimer timer) => Keep(ref _deadline, timer);

    /// <summary>
    /// Stores the timer that kills a worker if it continues the item although the token was cancelled. The timer must survive the settling
    /// of the item, which may have timed out. It lives until <see cref="EndGrace"/>.
    /// </summary>
    internal void KeepGrace(ITimer timer) => Interlocked.Exchange(ref _grace, timer)?.Dispose();

    /// <summary>Called when the worker no longer has the item.</summary>
    internal void EndGrace() => Interlocked.Exchange(ref _grace, null)?.Dispose();

    /// <summary>
    /// Stores a timer until the item is released. A timer that is due in hours would keep the item and its pool alive until then.
    /// </summary>
    private void Keep(ref ITimer? place, ITimer timer)
    {
        ITimer? former = timer;
        lock (this)
        {
            if (!_released)
                (former, place) = (place, timer);
        }

        former?.Dispose();
    }

    internal void Keep(CancellationTokenRegistration registration)
    {
        lock (this)
        {
            if (!_released)
            {
                (_registrations ??= []).Add(registration);
                return;
            }
        }

        registration.Unregister();
    }

    internal void Release()
    {
        List<CancellationTokenRegistration>? registrations;
        ITimer? deadline, queueDeadline;
        lock (this)
        {
            _released = true;
            registrations = _registrations;
            _registrations = null;
            (deadline, _deadline) = (_deadline, null);
            (queueDeadline, _queueDeadline) = (_queueDeadline, null);
        }

        Links?.Release();
        deadline?.Dispose();
        queueDeadline?.Dispose();
        if (registrations is not null)
        {
            foreach (CancellationTokenRegistration registration in registrations)
                registration.Unregister();
        }
    }
}
