using Tandem.BackgroundWork;
using Tandem.Interop;
using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Transport;
using Tandem.Work;

namespace Tandem.Processes;

/// <content>What comes from the worker: frames, one at a time and without the engine's lock; and what a chunk has finished so far.</content>
internal sealed unsafe partial class ProcessWorker
{
    public void OnFrame(in Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Hello:
                _engine.OnHello(this);
                break;
            case FrameKind.Result when frame.Slot == FrameHeader.StartupSlot:
                OnInitialized(in frame);
                break;
            case FrameKind.Result:
                OnResult(in frame);
                break;
            case FrameKind.Element:
                OnElement(in frame);
                break;
            case FrameKind.Progress:
                OnProgress(in frame);
                break;
            default:
                throw new ProtocolException($"a worker sent a frame of kind {frame.Kind}");
        }
    }

    public void OnBatchEnd()
    {
        if (_answered.Count > 0)
            _engine.OnAnswered(this);
    }

    public void OnEnding() => _engine.OnEnding(this);

    public void OnBroken(Exception cause)
    {
        _broken = cause;
        _engine.OnBroken(this, cause);
    }

    public void OnOutput(string line, bool isError)
    {
        if (isError)
            _errorTail.Add(line);
        _engine.Output.Forward(this, line, isError);
    }

    public void OnExited(ExitStatus status) => _engine.OnExited(this, status);

    private void OnResult(in Frame frame)
    {
        ResultMessage message = ReadMessage(in frame);
        RemoteItem? item = ItemOf(in frame);
        byte* payload = Link.ResolveResult(in frame, ref message);
        if (message.Outcome == Outcome.Revoked)
        {
            // Once for each item that was taken back: a slot that is freed twice would be given to two items.
            long due = frame.Sequence + 1L;
            if (Interlocked.CompareExchange(ref _takenBack[frame.Slot], 0, due) != due)
                throw new ProtocolException($"slot {frame.Slot} was given back, which nobody had taken back");

            _answered.Add(frame.Slot);
            return;
        }

        if (item is null)
            throw new ProtocolException($"an answer {message.Outcome} for slot {frame.Slot}, where none is due");

        Chunk? chunk = item.Chunk;
        nint read = chunk?.Progress.Bytes ?? 0;
        if (read > message.Length)
            throw new ProtocolException("a chunk's outcomes have become fewer");

        _reader.Begin(payload + read, (nint)message.Length - read, item.AnswerLinks);
        // From here the item is the caller's again: its slot counts as answered before its continuation can run.
        _items[frame.Slot] = null;
        OnLeft(item);
        _answered.Add(frame.Slot);
        int ran = chunk is null ? 1
            : message.Outcome == Outcome.Chunk ? Math.Clamp(message.Finished - chunk.Progress.First, 0, chunk.Count)
            : chunk.Count;
        _quota?.Ran(frame.Slot, ran);
        _itemsDone += ran;
        _bytesReceived += ResultMessage.Size + message.Length;
        item.DetailsIfAny?.Observation?.AddRun(message.Elapsed);
        try
        {
            Settle(item, chunk, in message);
        }
        catch (Exception e)
        {
            // Nobody else holds the item any more, so it is told here; the worker is not to be trusted with others.
            item.SetException(ProcessEngine.Corrupt(this, item, e));
            throw;
        }
        finally
        {
            _reader.End();
            Link.ReleaseResult(in message);
        }
    }

    /// <summary>
    /// The worker has an item no more: nothing that would end the worker because of it is kept. Who sets such a timer looks afterwards whether
    /// the worker has the item still.
    /// </summary>
    private static void OnLeft(RemoteItem item)
    {
        if (item.DetailsIfAny is not { } details)
            return;

        Interlocked.MemoryBarrier();
        details.EndGrace();
    }

    private void Settle(RemoteItem item, Chunk? chunk, in ResultMessage message)
    {
        if (item.IsSettled)
        {
            // Too late: its time was over.
            _engine.FreePayload(item);
            return;
        }

        switch (message.Outcome)
        {
            case Outcome.Completed when item is RemoteCall call:
                _engine.Measure(message.Elapsed, 1);
                call.ReadResult(_reader);
                break;
            case Outcome.Failed or Outcome.Canceled:
                item.SetException(item.Explain(ExceptionCodec.Read(_reader), 0));
                break;
            case Outcome.Chunk when chunk is not null:
                int finished = message.Finished - chunk.Progress.First;
                chunk.AddElapsed(message.Elapsed);
                chunk.ReadElements(_reader, message.Finished);
                _engine.Measure(message.Elapsed, 1);
                if (!item.IsSettled)
                {
                    if (item.CancellationToken.IsCancellationRequested)
                        item.SetCanceled(item.CancellationToken);
                    else if (finished == 0 && !_engine.IsAborting)
                        throw new ProtocolException("a chunk came back without progress");
                    else
                        _engine.Requeue(item);
                }

                break;
            default:
                throw new ProtocolException($"an item of {item.ElementCount} elements came back as {message.Outcome}");
        }

        if (item.DetailsIfAny is { RanOutOfMemory: true })
            IsExhausted = true;
        if (item.IsSettled)
            _engine.FreePayload(item);
    }

    private void OnInitialized(in Frame frame)
    {
        // One answer to each step, in order, and none after one that failed.
        if (Life.IsUp || StartFailure is not null || frame.Sequence != StepsDone || StepsDone >= _stepsSent)
            throw new ProtocolException($"an answer to step {frame.Sequence} of the startup, where none is due");

        ResultMessage message = ReadMessage(in frame);
        if (message.Outcome != Outcome.Completed)
        {
            _reader.Begin(Link.ResolveResult(in frame, ref message), (nint)message.Length, CallLinks.ForResults);
            StartFailure = ExceptionCodec.Read(_reader);
            _reader.End();
        }
        else
        {
            StepsDone++;
        }

        _engine.OnInitialized(this);
    }

    private void OnElement(in Frame frame)
    {
        RemoteItem? item = ItemOf(in frame);
        if (item?.Chunk is not { } chunk)
            throw new ProtocolException($"an element for slot {frame.Slot}, which has no item, or one without elements");

        _reader.Begin(frame.Body, frame.BodyLength, item.AnswerLinks);
        if (!item.IsSettled)
            chunk.ReadElements(_reader, frame.Extra);
        _reader.End();
    }

    private void OnProgress(in Frame frame)
    {
        RemoteItem? item = ItemOf(in frame);
        if (item?.DetailsIfAny?.Links is not { } links)
            return; // a late report of an item that is over

        _reader.Begin(frame.Body, frame.BodyLength, CallLinks.ForResults);
        Action report;
        try
        {
            report = links.Receiver(frame.Extra).Read(_reader);
        }
        catch (Exception e) when (e is not ProtocolException && RebuildErrors.IsOfValue(e))
        {
            // As if the receiver had thrown.
            report = () => throw RebuildErrors.For("a progress report could not be rebuilt in the calling process", "", e);
        }

        _reader.End();
        (item.Details.Reports ??= new SerialQueue()).Enqueue(report);
    }

    /// <summary>Reads what a chunk that runs has finished so far, for a consumer that waits.</summary>
    internal void Harvest(RemoteItem item, Chunk chunk)
    {
        _harvested = chunk;
        Link.ReadFinished(item.Slot, item.Sequence, this);
        _harvested = null; // which would hold its map
    }

    public void OnFinished(byte* outcomes, nint length, int next)
    {
        // A harvest that began before the item's result was handled is void.
        if (_harvested is not { Item: RemoteItem item } chunk || !Holds(item) || next <= chunk.FirstElement || chunk.Progress.Bytes > length)
            return;

        nint read = chunk.Progress.Bytes;
        _reader.Begin(outcomes + read, length - read, item.AnswerLinks);
        try
        {
            chunk.ReadElements(_reader, next);
            chunk.Progress.Bytes = read + _reader.Position;
            _reader.End();
        }
        catch (Exception e)
        {
            OnBroken(e); // as everything that a result's payload throws: not the affair of the consumer, who asked for this
        }
    }

    /// <summary>After the exit: takes the outcomes of a chunk's elements that were finished before <paramref name="running"/>.</summary>
    internal bool TryRecoverElements(RemoteItem item, Chunk chunk, int running)
    {
        if (running == chunk.FirstElement)
            return true;

        if (!Link.TryRecoverChunk(item.Slot, item.Sequence, out byte* payload, out nint length))
            return false;

        try
        {
            nint read = chunk.Progress.Bytes;
            if (read > length)
                return false;

            _reader.Begin(payload + read, length - read, item.AnswerLinks);
            chunk.ReadElements(_reader, running);
            _reader.End();
            return true;
        }
        catch (Exception)
        {
            return false; // whatever it was: this is the thread that watches all workers
        }
    }

    private RemoteItem? ItemOf(in Frame frame)
    {
        if ((uint)frame.Slot >= (uint)_items.Length)
            throw new ProtocolException($"there is no slot {frame.Slot}");

        RemoteItem? item = Volatile.Read(ref _items[frame.Slot]);
        return item is not null && item.Sequence == frame.Sequence ? item : null;
    }

    private static ResultMessage ReadMessage(in Frame frame) => frame.BodyLength >= ResultMessage.Size
        ? *(ResultMessage*)frame.Body
        : throw new ProtocolException($"a result of {frame.BodyLength} bytes");
}
