using Tandem.Invocation;
using Tandem.Serialization;
using Tandem.Transport;

namespace Tandem.InWorker;

/// <summary>
/// The worker's side of one call: cancellation sources for tokens that the work received or captured, and progress reports to the parent.
/// </summary>
internal sealed class ReceivedLinks(ActiveItems active, OutcomeLink link, int slot, uint sequence) : CallLinks
{
    private Dictionary<int, CancellationTokenSource>? _sources; // by token number; only the item's thread adds to it

    internal uint Sequence => sequence;

    /// <summary>Decides what results of the call may contain.</summary>
    internal AnswerPolicy? Answer { get; set; }

    public override int AddToken(CancellationToken token) =>
        throw new WorkSerializationException("a CancellationToken cannot be part of a result; the caller has its own");

    public override CancellationToken GetToken(int number) => active.Source(this, slot, number).Token;

    /// <remarks>Cancels the source at once: the work must not run with a token that is not cancelled until a message arrives.</remarks>
    public override CancellationToken GetCanceledToken(int number)
    {
        CancellationTokenSource source = active.Source(this, slot, number);
        source.Cancel();
        return source.Token;
    }

    public override IProgress<T> GetProgress<T>(int number) => 
        new RemoteProgress<T>(link, slot, sequence, number, Answer?.ForReports(typeof(T)));

    /// <remarks>The caller holds the memory until the call is settled, so arrivals need no confirmation.</remarks>
    public override void Received(ILinkedMemory memory)
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

    /// <summary>Called when the item has ended.</summary>
    internal void End()
    {
        if (_sources is not null)
            active.Remove(slot, this);
    }
}
