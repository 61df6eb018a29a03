using Tandem.BackgroundWork;

namespace Tandem.InWorker;

/// <summary>Which items run, for cancellations, which come on a thread of their own and may come before their item.</summary>
internal sealed class ActiveItems
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, ReceivedLinks> _running = [];
    private readonly Dictionary<int, EarlyCancellation> _canceled = [];

    /// <summary>The source of a token; already cancelled where the cancellation was faster.</summary>
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
            canceled = _canceled.TryGetValue(slot, out EarlyCancellation? early) && early.Sequence == links.Sequence && early.Tokens.Contains(number);
        }

        if (canceled)
            source.Cancel();
        return source;
    }

    /// <summary>A token was cancelled in the parent.</summary>
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

        // On the thread pool: a callback of the user's must not hold up other cancellations.
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
            // Of callbacks that the work has registered: they are no reason to lose the worker with what else it runs.
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
