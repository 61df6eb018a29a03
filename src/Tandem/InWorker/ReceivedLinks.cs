using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Transport;

namespace Tandem.InWorker;

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

    /// <summary>The item is over.</summary>
    internal void End()
    {
        if (_sources is not null)
            active.Remove(slot, this);
    }
}
