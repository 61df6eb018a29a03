using Tandem.BackgroundWork;
using Tandem.Invocation;
using Tandem.Serialization;
using Tandem.Transport;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>
/// Reads what one worker sends about its items: results, elements of chunks, progress. On the thread that reads the worker's frames, one
/// frame at a time and without the engine's lock.
/// </summary>
/// <param name="worker">The worker.</param>
/// <param name="engine">Measures items, and takes back those that go on.</param>
/// <param name="slots">Where the items are in flight.</param>
/// <param name="figures">Counts what is received.</param>
/// <param name="reader">Reads the worker's payloads, one at a time.</param>
internal sealed unsafe class AnswerReader(
    ProcessWorker worker, ProcessEngine engine, ItemSlots slots, WorkerFigures figures, PayloadReader reader)
{
    private readonly WorkerLink _link = worker.Link;
    private readonly Custody _custody = new();

    /// <summary>Whether an item ran out of memory in the worker.</summary>
    internal bool IsExhausted { get; private set; }

    internal void OnResult(in Frame frame)
    {
        ResultMessage message = ResultMessage.Read(in frame);
        RemoteItem? item = slots.ItemOf(in frame);
        byte* payload = _link.ResolveResult(in frame, ref message);
        if (message.Outcome == Outcome.Revoked)
        {
            slots.OnRevoked(in frame);
            return;
        }

        if (item is null)
            throw new ProtocolException($"an answer {message.Outcome} for slot {frame.Slot}, where none is due");

        Chunk? chunk = item.Chunk;
        nint read = chunk?.Progress.Bytes ?? 0;
        if (read > message.Length)
            throw new ProtocolException("a chunk's outcomes have become fewer");

        Begin(item, payload + read, (nint)message.Length - read);
        slots.TakeOut(item, frame.Slot);
        int ran = chunk is null ? 1
            : message.Outcome == Outcome.Chunk ? Math.Clamp(message.Finished - chunk.Progress.First, 0, chunk.Count)
            : chunk.Count;
        slots.OnRan(frame.Slot, ran);
        figures.AddAnswered(ran, ResultMessage.Size + message.Length);
        item.DetailsIfAny?.Observation?.AddRun(message.Elapsed);
        try
        {
            Settle(item, chunk, in message);
        }
        catch (Exception e)
        {
            // Nobody else holds the item any more, so it is told here; the worker is not to be trusted with others.
            item.SetException(ProcessEngine.Corrupt(worker, item, e));
            throw;
        }
        finally
        {
            reader.End();
            _link.ReleaseResult(in message);
            _custody.End(frame.Slot, int.MaxValue);
        }
    }

    private void Settle(RemoteItem item, Chunk? chunk, in ResultMessage message)
    {
        if (item.IsSettled)
        {
            // Too late: its time was over.
            engine.FreePayload(item);
            return;
        }

        switch (message.Outcome)
        {
            case Outcome.Completed when item is RemoteCall call:
                engine.MeasureCall(message.Elapsed);
                call.ReadResult(reader);
                break;
            case Outcome.Failed or Outcome.Canceled:
                item.SetException(item.Explain(ExceptionCodec.Read(reader), 0));
                break;
            case Outcome.Chunk when chunk is not null:
                int finished = message.Finished - chunk.Progress.First;
                chunk.AddElapsed(message.Elapsed);
                chunk.ReadElements(reader, message.Finished);
                engine.Measure(message.Elapsed, 1);
                if (!item.IsSettled)
                {
                    if (item.CancellationToken.IsCancellationRequested)
                        item.SetCanceled(item.CancellationToken);
                    else if (finished == 0 && !engine.IsAborting)
                        throw new ProtocolException("a chunk came back without progress");
                    else
                        engine.Requeue(item);
                }

                break;
            default:
                throw new ProtocolException($"an item of {item.ElementCount} elements came back as {message.Outcome}");
        }

        if (item.DetailsIfAny is { RanOutOfMemory: true })
            IsExhausted = true;
        if (item.IsSettled)
            engine.FreePayload(item);
    }

    internal void OnElement(in Frame frame)
    {
        RemoteItem? item = slots.ItemOf(in frame);
        if (item?.Chunk is not { } chunk)
            throw new ProtocolException($"an element for slot {frame.Slot}, which has no item, or one without elements");

        Begin(item, frame.Body, frame.BodyLength);
        if (!item.IsSettled)
            chunk.ReadElements(reader, frame.Extra);
        reader.End();
        _custody.End(frame.Slot, frame.Extra);
    }

    /// <summary>
    /// Opens the shared objects of an outcome that follows, also if that will come too late: then they are freed with it.
    /// </summary>
    internal void OnHandOver(in Frame frame)
    {
        bool isTaken = slots.ItemOf(in frame) is not null && _custody.TryTake(reader, in frame);
        _link.SendControl(FrameKind.Taken, frame.Slot, frame.Sequence, isTaken ? FrameHeader.AllTaken : 0);
    }

    /// <summary>After the exit.</summary>
    internal void Dispose() => _custody.EndAll();

    private void Begin(RemoteItem item, byte* start, nint length) =>
        reader.Begin(start, length, item.AnswerLinks, item.Payload.RemoteMethod.Answer);

    internal void OnProgress(in Frame frame)
    {
        RemoteItem? item = slots.ItemOf(in frame);
        if (item?.DetailsIfAny?.Links is not { } links)
            return; // a late report of an item that is over

        reader.Begin(frame.Body, frame.BodyLength, CallLinks.ForResults);
        Action report;
        try
        {
            report = links.Receiver(frame.Extra).Read(reader, item.Payload.RemoteMethod.Answer);
        }
        catch (Exception e) when (e is not ProtocolException && RebuildErrors.IsOfValue(e))
        {
            // As if the receiver had thrown.
            report = () => throw RebuildErrors.For("a progress report could not be rebuilt in the calling process", "", e);
        }

        reader.End();
        (item.Details.Reports ??= new SerialQueue()).Enqueue(report);
    }

    /// <summary>
    /// Reads outcomes of a chunk that is still running, from where the last reading ended. As if a frame had brought them.
    /// </summary>
    internal void ReadFinished(RemoteItem item, Chunk chunk, byte* outcomes, nint length, int next)
    {
        nint read = chunk.Progress.Bytes;
        Begin(item, outcomes + read, length - read);
        chunk.ReadElements(reader, next);
        chunk.Progress.Bytes = read + reader.Position;
        reader.End();
        _custody.End(item.Slot, next);
    }

    /// <summary>After the exit: takes the outcomes of a chunk's elements that were finished before <paramref name="running"/>.</summary>
    internal bool TryRecoverElements(RemoteItem item, Chunk chunk, int running)
    {
        if (running == chunk.FirstElement)
            return true;

        if (!_link.TryRecoverChunk(item.Slot, item.Sequence, out byte* payload, out nint length))
            return false;

        try
        {
            nint read = chunk.Progress.Bytes;
            if (read > length)
                return false;

            Begin(item, payload + read, length - read);
            chunk.ReadElements(reader, running);
            reader.End();
            return true;
        }
        catch (Exception)
        {
            return false; // whatever it was: this is the thread that watches all workers
        }
    }
}
