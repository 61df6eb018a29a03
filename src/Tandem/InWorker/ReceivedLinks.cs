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

    private List<(ILinkedMemory Memory, object Value)>? _held; // of the outcome that is being written
    private SemaphoreSlim? _answered; // released when the parent has answered a frame of objects
    private bool _isTaken; // the parent's answer

    /// <summary>
    /// How long an item waits for the parent, which opens objects as soon as it reads the frame. After that the objects are held like those
    /// in a channel.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The size at which a frame with objects is sent, in bytes. More than one object may make it larger than that.</summary>
    private const int FrameSize = 4096;

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

    public override void Hold(ILinkedMemory memory, object value)
    {
        if (!memory.TryHold())
            throw new WorkSerializationException("the shared object has been disposed");

        (_held ??= []).Add((memory, value));
    }

    /// <remarks>
    /// Otherwise the parent could not open an object if this process exits after it has published the outcome, for example in the next item
    /// or in the next element of a chunk.
    /// </remarks>
    public override void HandOver(int element)
    {
        if (_held is not { Count: > 0 } held)
            return;

        _answered ??= new SemaphoreSlim(0);
        active.BeginHandOver(slot, this);
        using var writer = new PayloadWriter();
        int sent = 0;
        while (sent < held.Count)
        {
            int first = sent;
            writer.Begin(HeapMemory.Instance, ForHandingOver.Instance);
            while (sent < held.Count && writer.Length < FrameSize)
            {
                writer.Write(held[sent].Memory.IsOwn);
                Codec<object?>.Instance.Write(writer, held[sent++].Value);
            }

            bool isTaken = Ask(element, writer);
            foreach ((ILinkedMemory memory, _) in held[first..sent])
                End(memory, isTaken);
        }

        active.EndHandOver(slot);
        held.Clear();
    }

    /// <summary>Called when the parent has answered.</summary>
    internal void OnTaken(bool isTaken)
    {
        _isTaken = isTaken;
        _answered?.Release();
    }

    private unsafe bool Ask(int element, PayloadWriter writer)
    {
        link.Send(FrameKind.HandOver, slot, sequence, element, new ReadOnlySpan<byte>(writer.Start, (int)writer.Length));
        return _answered!.Wait(Patience) && _isTaken;
    }

    private static void End(ILinkedMemory memory, bool isTaken)
    {
        if (isTaken)
        {
            memory.OnTaken();
            return;
        }

        // The parent reports why it cannot open the object when it reads the outcome.
        try
        {
            memory.KeepUntilReceived();
        }
        catch (WorkSerializationException)
        {
            // The work has disposed it.
        }

        memory.Release();
    }

    internal CancellationTokenSource? Find(int number) => _sources?.GetValueOrDefault(number);

    internal CancellationTokenSource Add(int number)
    {
        var source = new CancellationTokenSource();
        (_sources ??= []).Add(number, source);
        return source;
    }

    /// <summary>Writes objects that are already held.</summary>
    private sealed class ForHandingOver : CallLinks
    {
        internal static readonly ForHandingOver Instance = new();

        public override void Hold(ILinkedMemory memory, object value)
        {
        }
    }

    /// <summary>Called when the item has ended.</summary>
    internal void End()
    {
        if (_sources is not null)
            active.Remove(slot, this);
    }
}
