using Tandem.BackgroundWork;

namespace Tandem.InWorker;

/// <summary>The items that run, for cancellations. Cancellations arrive on their own thread, and may arrive before their item.</summary>
internal sealed class ActiveItems
{
    private readonly Lock _lock = new(); // guards the dictionaries
    private readonly Dictionary<int, ReceivedLinks> _running = []; // by slot, items that have tokens
    private readonly Dictionary<int, EarlyCancellation> _canceled = []; // by slot, the tokens cancelled so far

    private readonly Dictionary<int, ReceivedLinks> _handingOver = []; // by slot, items that wait for the parent to open objects

    /// <summary>Called before objects are handed over, so that <see cref="OnTaken"/> finds the item.</summary>
    internal void BeginHandOver(int slot, ReceivedLinks links)
    {
        lock (_lock)
            _handingOver[slot] = links;
    }

    internal void EndHandOver(int slot)
    {
        lock (_lock)
            _handingOver.Remove(slot);
    }

    /// <summary>Called when the parent has opened what was handed over, or has failed to.</summary>
    internal void OnTaken(int slot, uint sequence, bool isTaken)
    {
        lock (_lock)
        {
            if (_handingOver.TryGetValue(slot, out ReceivedLinks? links) && links.Sequence == sequence)
                links.OnTaken(isTaken);
        }
    }

    /// <summary>Gets or creates the source of a token; it is already cancelled if the cancellation arrived first.</summary>
    internal CancellationTokenSource Source(ReceivedLinks links, int slot, int number)
    {
        CancellationTokenSource source;
        bool canceled;
        lock (_lock)
        {
            if (links.Find(number) is { } known)
                return known;

            source = links.Add(number);
            _running[slot] = links;
            canceled = _canceled.TryGetValue(slot, out EarlyCancellation? early)
                && early.Sequence == links.Sequence && early.Tokens.Contains(number);
        }

        if (canceled)
            source.Cancel();
        return source;
    }

    /// <summary>Called when a token was cancelled in the parent.</summary>
    internal void Cancel(int slot, uint sequence, int number)
    {
        CancellationTokenSource? source = null;
        lock (_lock)
        {
            if (!_canceled.TryGetValue(slot, out EarlyCancellation? tokens) || tokens.Sequence != sequence)
                _canceled[slot] = tokens = new EarlyCancellation(sequence, []);

            tokens.Tokens.Add(number);
            if (_running.TryGetValue(slot, out ReceivedLinks? links) && links.Sequence == sequence)
                source = links.Find(number);
        }

        // On the thread pool: a user's callback must not block other cancellations.
        if (source is not null)
            Background.Queue(Cancel, source);
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (Exception e)
        {
            // An exception of a callback that the work has registered is no reason to lose the worker and its other items.
            Console.Error.WriteLine($"Tandem worker: a callback that was registered with an item's token failed: {e}");
        }
    }

    internal void Remove(int slot, ReceivedLinks links)
    {
        lock (_lock)
        {
            if (_running.TryGetValue(slot, out ReceivedLinks? running) && running == links)
                _running.Remove(slot);
        }
    }
}
