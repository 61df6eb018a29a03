using Tandem.BackgroundWork;
using Tandem.Context;
using Tandem.Shipping;
using Tandem.Telemetry;

namespace Tandem.Work;

/// <summary>What few items have: a name, limits, a token, captured tokens, progress.</summary>
internal sealed class ItemDetails
{
    private List<CancellationTokenRegistration>? _registrations;
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

    /// <summary>Ends a worker that goes on with the item after its token was cancelled.</summary>
    internal ITimer? Grace { get; set; }

    internal ItemLimits? Limits { get; set; }

    /// <summary>Where the caller's are not those of the workers.</summary>
    internal Cultures? Cultures { get; set; }

    /// <summary>When somebody listens.</summary>
    internal ItemObservation? Observation { get; set; }

    /// <summary>Fails the item when it has waited too long.</summary>
    internal ITimer? QueueDeadline { get; set; }

    /// <summary>Looks whether the item has run too long.</summary>
    internal ITimer? Deadline { get; set; }

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
        lock (this)
        {
            _released = true;
            registrations = _registrations;
            _registrations = null;
        }

        Links?.Release();
        Grace?.Dispose();
        Deadline?.Dispose();
        QueueDeadline?.Dispose();
        if (registrations is not null)
        {
            foreach (CancellationTokenRegistration registration in registrations)
                registration.Unregister();
        }
    }
}
