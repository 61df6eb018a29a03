using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Telemetry;
using Tandem.Transport;

namespace Tandem.Worker;

/// <summary>The worker's side of one call: sources for the tokens that the work was given or captured, and progress that goes back.</summary>
internal sealed class ReceivedLinks(ActiveItems active, ParentLink link, int slot, uint sequence) : CallLinks
{
    private Dictionary<int, CancellationTokenSource>? _sources;

    internal uint Sequence => sequence;

    public override int AddToken(CancellationToken token) =>
        throw new WorkSerializationException("a CancellationToken does not travel back; the caller has its own");

    public override CancellationToken GetToken(int number) => active.Source(this, slot, number).Token;

    /// <remarks>Cancelled at once: the work is not to run until a message comes that says so.</remarks>
    public override CancellationToken GetCanceledToken(int number)
    {
        CancellationTokenSource source = active.Source(this, slot, number);
        source.Cancel();
        return source.Token;
    }

    public override IProgress<T> GetProgress<T>(int number) => new RemoteProgress<T>(link, slot, sequence, number);

    /// <remarks>The caller keeps it until the call is settled, and needs no word of it.</remarks>
    public override void Received(Sharing.SharedSegment segment)
    {
    }

    public override int? FindToken(CancellationToken token)
    {
        // Only the thread that runs the item adds sources.
        if (_sources is null)
            return null;

        foreach ((int number, CancellationTokenSource source) in _sources)
        {
            if (source.Token == token)
                return number;
        }

        return null;
    }

    internal CancellationTokenSource? Find(int number) => _sources?.GetValueOrDefault(number);

    internal CancellationTokenSource Add(int number)
    {
        var source = new CancellationTokenSource();
        (_sources ??= []).Add(number, source);
        return source;
    }

    /// <summary>The item is over.</summary>
    internal void End()
    {
        if (_sources is not null)
            active.Remove(slot, this);
    }
}

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

/// <summary>Tokens of an item that were cancelled, maybe before the item came.</summary>
internal sealed record EarlyCancellation(uint Sequence, HashSet<int> Tokens);

/// <summary>A progress receiver whose reports go back to the parent, in order and before the result.</summary>
internal sealed class RemoteProgress<T>(ParentLink link, int slot, uint sequence, int number) : Progress<T>
{
    private readonly Lock _lock = new();

    protected override unsafe void OnReport(T value)
    {
        lock (_lock)
        {
            using var writer = new PayloadWriter();
            writer.Begin(HeapMemory.Instance, ForResults);
            Codec<T>.Instance.Write(writer, value);
            if (writer.Length > MaximumReport)
                throw new WorkSerializationException($"a report of {writer.Length} bytes is too large; at most {MaximumReport} travel");

            link.Send(FrameKind.Progress, slot, sequence, number, new ReadOnlySpan<byte>(writer.Start, (int)writer.Length));
        }
    }

    private const int MaximumReport = 60 * 1024;

    private static CallLinks ForResults => CallLinks.ForResults;
}
