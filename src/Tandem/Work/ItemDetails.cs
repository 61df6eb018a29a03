using Tandem.BackgroundWork;
using Tandem.Context;
using Tandem.Shipping;
using Tandem.Telemetry;

namespace Tandem.Work;

/// <summary>What few items have: a name, limits, a token, captured tokens, progress.</summary>
internal sealed class ItemDetails
{
    private List<CancellationTokenRegistration>? _registrations;
    private ITimer? _queueDeadline;
    private ITimer? _deadline;
    private ITimer? _grace;
    private bool _released;

    internal string? Name { get; set; }

    /// <summary>Where the item waits for a place in the queue, so that it can leave from the middle.</summary>
    internal LinkedListNode<WorkItem>? Outside { get; set; }

    /// <summary>The caller's token.</summary>
    internal CancellationToken CancellationToken { get; set; }

    internal SentLinks? Links { get; private set; }

    internal SerialQueue? Reports { get; set; }

    /// <summary>For what is read of the item's answers.</summary>
    internal CallLinks AnswerLinks =>
        CancellationToken.CanBeCanceled || Links is not null ? new AnswerLinks(Links, CancellationToken) : CallLinks.ForResults;

    internal ItemLimits? Limits { get; set; }

    /// <summary>Where the caller's are not those of the workers.</summary>
    internal Cultures? Cultures { get; set; }

    /// <summary>When somebody listens.</summary>
    internal ItemObservation? Observation { get; set; }

    /// <summary>How often a worker crashed in it.</summary>
    internal int Crashes { get; set; }

    /// <summary>Whether its memory limit made it fail.</summary>
    internal bool RanOutOfMemory { get; set; }

    /// <summary>Takes over what the call has beside plain values.</summary>
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

    /// <summary>Has a timer that fails the item when it has waited too long.</summary>
    internal void KeepQueueDeadline(ITimer timer) => Keep(ref _queueDeadline, timer);

    /// <summary>Has a timer that looks whether the item has run too long, in the place of the one before.</summary>
    internal void KeepDeadline(ITimer timer) => Keep(ref _deadline, timer);

    /// <summary>
    /// Has a timer that ends a worker that goes on with the item although its token was cancelled. Not only until the item is settled, whose
    /// time may have been over, but until <see cref="EndGrace"/>.
    /// </summary>
    internal void KeepGrace(ITimer timer) => Interlocked.Exchange(ref _grace, timer)?.Dispose();

    /// <summary>The worker has the item no more.</summary>
    internal void EndGrace() => Interlocked.Exchange(ref _grace, null)?.Dispose();

    /// <summary>A timer that is due in hours would hold the item, and with it the pool, as long.</summary>
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
