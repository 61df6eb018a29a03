using Tandem.BackgroundWork;
using Tandem.Invocation;
using Tandem.Serialization;
using Tandem.Transport;

namespace Tandem.Imitation;

/// <summary>What a worker has in the place of a connection: everything that it sends is read at once.</summary>
internal sealed unsafe class ImitationLink(ImitationEngine engine) : OutcomeLink
{
    private readonly PayloadReader _reader = new();
    private nint _read; // bytes of a chunk's outcomes

    /// <summary>What runs; null for a step of the startup.</summary>
    internal ImitationItem? Item { get; set; }

    /// <summary>What a step of the startup threw.</summary>
    internal Exception? StartFailure { get; private set; }

    internal override IPayloadMemory ResultMemory => HeapMemory.Instance;

    internal override bool TryStart(int slot, uint sequence, int first, long now) => !Item!.IsSettled;

    internal override void BeginChunk(PayloadWriter writer, ICallLinks links)
    {
        writer.Begin(HeapMemory.Instance, links);
        _read = 0;
    }

    internal override void AdvanceChunk(int slot, uint sequence, int next, PayloadWriter writer)
    {
        if (Item!.IsSettled)
            return;

        _reader.Begin(writer.Start + _read, writer.Length - _read, Item.AnswerLinks, Item.Payload.RemoteMethod.Answer);
        Item.Chunk!.ReadElements(_reader, next);
        _read = writer.Length;
    }

    internal override void SendResult(int slot, uint sequence, ResultMessage message, PayloadWriter writer)
    {
        _reader.Begin(
            writer.Start, writer.Length, Item?.AnswerLinks ?? CallLinks.ForResults,
            Item?.Payload.RemoteMethod.Answer ?? AnswerPolicy.Errors);
        if (Item is null)
            StartFailure = message.Outcome == Outcome.Completed ? null : ExceptionCodec.Read(_reader);
        else if (!Item.IsSettled)
            Settle(Item, in message);
    }

    private void Settle(ImitationItem item, in ResultMessage message)
    {
        item.Chunk?.AddElapsed(message.Elapsed);
        if (message.Outcome == Outcome.Completed)
            item.Task.ReadResult(item, _reader);
        else if (message.Outcome is Outcome.Failed or Outcome.Canceled)
            item.SetException(item.Explain(ExceptionCodec.Read(_reader), 0));
        else
            engine.OnUnfinished(item);
    }

    internal override void Send(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> body)
    {
        if (Item is not { } item || item.Sequence != sequence)
            return; // a late report

        var reader = new PayloadReader();
        fixed (byte* start = body)
        {
            reader.Begin(start, body.Length, CallLinks.ForResults);
            Action report = item.Details.Links!.Receiver(extra).Read(reader, item.Payload.RemoteMethod.Answer);
            lock (item)
                (item.Details.Reports ??= new SerialQueue()).Enqueue(report);
        }
    }
}
