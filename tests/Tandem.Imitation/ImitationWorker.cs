using System.Diagnostics;
using Tandem.BackgroundWork;
using Tandem.Context;
using Tandem.Invocation;
using Tandem.InWorker;
using Tandem.Transport;
using Tandem.Work;

namespace Tandem.Imitation;

/// <summary>Runs serialized items, with the code of worker processes, on a thread that it has while there are items.</summary>
internal sealed unsafe class ImitationWorker
{
    private readonly ImitationEngine _engine;
    private readonly ImitationLink _link;
    private readonly ItemRunner _runner;

    internal ImitationWorker(ImitationEngine engine, ImitationState state, int number)
    {
        (_engine, State, Number) = (engine, state, number);
        _link = new ImitationLink(engine);
        _runner = new ItemRunner(_link, engine.Active);
    }

    internal int Number { get; }

    internal ImitationState State { get; }

    // All under the engine's lock.
    internal ImitationItem? Item { get; set; }

    internal bool IsRunning { get; set; }

    internal long Since { get; set; }

    internal long ItemsDone { get; set; }

    internal WorkerSnapshot Snapshot() => new()
    {
        Id = Number,
        State = Item is null ? WorkerState.Idle : WorkerState.Busy,
        CurrentItem = Item?.NameOf(Item.FirstElement),
        CurrentItemAge = Item is null ? TimeSpan.Zero : Stopwatch.GetElapsedTime(Since),
        InFlight = Item is null ? 0 : 1,
        ItemsDone = ItemsDone,
    };

    internal static Definition Define(RemoteMethod remoteMethod) => new(RemoteMethod.ReadDefinition(remoteMethod.Definition));

    internal void Start()
    {
        IsRunning = true;
        Background.Thread($"Imitation {Number}", 0, Run, _engine.Events.OnBackgroundFailure).UnsafeStart();
    }

    private void Run()
    {
        PoolEngine.OnEmptyContext();
        _ = AmbientState.OfThread; // before the cultures of the pool's creator, in which the state is built
        while (_engine.Take(this) is { } item)
            Run(item);
    }

    private void Run(ImitationItem item)
    {
        try
        {
            object? state = State.Build(_runner, _link);
            using ITimer? timer = item.Limits?.Timeout is { } limit
                ? Background.Timer(() => _engine.OnTimeout(this, item, limit), limit)
                : null;
            _link.Item = item;
            using (item.DetailsIfAny?.Observation?.Begin())
                Invoke(item, state);
        }
        catch (Exception e)
        {
            item.SetException(e);
        }

        _link.Item = null;
    }

    private void Invoke(ImitationItem item, object? state)
    {
        CallPayload callPayload = item.Payload;
        var message = new InvokeMessage { First = item.FirstElement, Count = item.ElementCount, Length = callPayload.Length };
        fixed (byte* bytes = callPayload.Bytes)
        {
            byte* payload = bytes != null ? bytes : (byte*)callPayload.Block;
            _runner.Run(
                Define(callPayload.RemoteMethod), state, Number, item.Sequence, in message, payload, null, item.DetailsIfAny?.Cultures?.ToBytes());
        }
    }
}
