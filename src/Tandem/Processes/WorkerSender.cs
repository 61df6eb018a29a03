using System.Diagnostics;
using Tandem.Context;
using Tandem.Invocation;
using Tandem.Telemetry;
using Tandem.Transport;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>
/// Writes what goes to one worker: definitions of methods, items, cancellations. Under the engine's lock, except before the worker is one
/// of the pool's. What is written becomes visible to the worker with <see cref="WorkerLink.Flush"/>.
/// </summary>
/// <param name="worker">The worker, which the items are given to.</param>
/// <param name="engine">Is told which methods the pool runs.</param>
/// <param name="slots">Where the items are in flight.</param>
/// <param name="figures">Counts what is sent.</param>
internal sealed unsafe class WorkerSender(ProcessWorker worker, ProcessEngine engine, ItemSlots slots, WorkerFigures figures)
{
    private readonly WorkerLink _link = worker.Link;
    private readonly Lock _gate = engine.Gate;
    private bool[] _defined = new bool[64]; // which remote methods the worker knows, by number

    /// <summary>Sends an item that was assigned; false when the connection has no room now.</summary>
    internal bool TrySend(RemoteItem item)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        CallPayload callPayload = item.Payload;
        RemoteMethod remoteMethod = callPayload.RemoteMethod;
        if (!slots.HasFree || !TryDefine(remoteMethod))
            return false;

        int slot = slots.Peek();
        // The rest of a chunk that is larger than what the worker may still run comes back, and goes elsewhere.
        Chunk? chunk = item.Chunk;
        int first = chunk?.FirstElement ?? 0;
        int end = slots.LimitEnd(first, chunk?.Count ?? 0);
        var message = new InvokeMessage
        {
            RemoteMethod = remoteMethod.Number,
            First = first,
            Count = end,
            MemoryLimit = item.Limits?.MaxMemory ?? 0,
        };
        uint sequence = slots.NextSequence();
        // Ahead of its item, by whose number it is known: the item itself may find no room now.
        if (item.DetailsIfAny?.Observation is { Context: { } trace }
            && !_link.TrySend(FrameKind.Trace, slot, sequence, 0, TraceFrame.Write(trace)))
        {
            return false;
        }

        if (item.DetailsIfAny?.Cultures is { } cultures && !_link.TrySend(FrameKind.Culture, slot, sequence, 0, cultures.ToBytes()))
            return false;

        message.Length = callPayload.Length;
        fixed (byte* bytes = callPayload.Bytes)
        {
            byte* payload = bytes != null ? bytes : (byte*)callPayload.Block;
            if (!_link.TrySendInvoke(FrameKind.Invoke, slot, sequence, in message, payload))
                return false;
        }

        item.Slot = slot;
        item.Sequence = sequence;
        item.Worker = worker;
        if (item.DetailsIfAny?.Observation is { } observation)
            observation.ProcessId = worker.ProcessId;
        figures.AddSent(InvokeMessage.Size + message.Length);
        if (chunk is not null)
            chunk.Progress = new ChunkProgress { First = first, End = end };
        slots.Occupy(item, Math.Max(1, end - first));
        worker.Life.MoveTo(WorkerState.Busy);
        if (item.DetailsIfAny?.Links is { } links)
            SendCanceledTokens(item, links);
        return true;
    }

    /// <summary>A token of an item in flight was cancelled.</summary>
    /// <param name="item">The item.</param>
    /// <param name="token">The number of a captured token; <see cref="FrameHeader.OwnToken"/> for the item's own.</param>
    internal void SendCancel(RemoteItem item, int token)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        _link.SendControl(FrameKind.Cancel, item.Slot, item.Sequence, token);
    }

    private void SendCanceledTokens(RemoteItem item, SentLinks links)
    {
        for (int i = 0; i < links.Tokens.Count; i++)
        {
            if (links.Tokens[i].IsCancellationRequested)
                SendCancel(item, i);
        }
    }

    /// <summary>Sends a step of the worker's startup, before the worker is one of the pool's.</summary>
    /// <param name="step">What to run.</param>
    /// <param name="number">Its position, from 0: steps run in this order.</param>
    internal void SendInitialize(StartupStep step, int number)
    {
        var message = new InvokeMessage { RemoteMethod = step.RemoteMethod.Number, Length = step.Payload.Length };
        fixed (byte* payload = step.Payload)
        {
            // Outside of the lock, and nothing that spares should know of.
            if (!TryDefine(step.RemoteMethod, isForItems: false)
                || !_link.TrySendInvoke(FrameKind.Initialize, FrameHeader.StartupSlot, (uint)number, in message, payload))
            {
                throw new WorkerStartException(
                    $"The values that {step.Part.Name()} captures are too large: at most 60 KiB. "
                        + "Put them into a file, and capture its path.");
            }
        }
    }

    /// <summary>Says in which cultures the worker starts, before it is one of the pool's.</summary>
    internal void SendCultures(Cultures cultures)
    {
        if (!_link.TrySend(FrameKind.Culture, FrameHeader.StartupSlot, 0, 0, cultures.ToBytes()))
            throw new WorkerStartException("The cultures of who made the pool are too large for a frame.");
    }

    /// <summary>Sends the definition of a method, once. False when there is no room now.</summary>
    /// <param name="remoteMethod">The method.</param>
    /// <param name="ahead"><see cref="FrameHeader.Ahead"/> if the worker has time to prepare it; otherwise 0.</param>
    /// <param name="isForItems">Whether items run it, so that spares should know it.</param>
    internal bool TryDefine(RemoteMethod remoteMethod, int ahead = 0, bool isForItems = true)
    {
        if (remoteMethod.Number < _defined.Length && _defined[remoteMethod.Number])
            return true;

        if (!_link.TrySend(FrameKind.Define, 0, 0, ahead, remoteMethod.Definition))
            return false;

        if (isForItems)
            engine.OnDefined(remoteMethod);

        if (remoteMethod.Number >= _defined.Length)
            Array.Resize(ref _defined, remoteMethod.Number * 2);

        _defined[remoteMethod.Number] = true;
        return true;
    }
}
