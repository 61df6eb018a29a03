using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Invocation;
using Tandem.Processes;
using Tandem.Serialization;
using Tandem.Telemetry;
using Tandem.Tests.Infrastructure;
using Tandem.Transport;
using Tandem.Transport.SharedMemory;
using Tandem.Work;

namespace Tandem.Tests.Fuzz;

/// <summary>
/// Items that are over at moments that are hard to hit with a real worker. Whoever is told of it may ask the engine on another thread, and wait.
/// </summary>
public sealed class SettlementTests : IDisposable
{
    private readonly PayloadArea _requests = new(SharedRegion.Create("tandem-fuzz", PayloadArea.DefaultSize, othersReadOnly: true));

    public void Dispose() => _requests.Dispose();

    [Fact(Timeout = Limits.Test)]
    public async Task A_chunk_that_comes_back_to_a_pool_that_stops_at_once_is_settled_without_the_lock()
    {
        ProcessEngine engine = await CreateClosedAsync("comes back", StopMode.Abort);
        using var listener = new AskingListener("comes back", () => engine.Snapshot());
        using var worker = new HostileWorker(engine, _requests);
        Sent chunk = worker.SendChunk(3);
        Observe(chunk, engine);

        worker.Write(chunk, new ResultMessage { Outcome = Outcome.Chunk, Finished = 0 }, []);
        worker.Ring.Publish();
        worker.Poll();

        await chunk.Task.WaitAsync(Limits.Condition);
        await Eventually.Async(() => listener.Answers + listener.Unanswered == 1);
        Assert.Equal(0, listener.Unanswered);
        Assert.Null(worker.Worker.Broken);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_chunk_whose_consumer_reads_the_last_outcome_while_it_runs_is_settled_without_the_lock()
    {
        ProcessEngine engine = await CreateClosedAsync("is read", StopMode.Finish);
        using var listener = new AskingListener("is read", () => engine.Snapshot());
        using var worker = new HostileWorker(engine, _requests);
        Sent chunk = worker.SendChunk(2);
        Observe(chunk, engine);
        WriteOutcomes(worker, chunk, 2);

        engine.FetchOutcomes(chunk.Item.Chunk!);

        await chunk.Task.WaitAsync(Limits.Condition);
        Assert.Equal((1, 0), (listener.Answers, listener.Unanswered));
        Assert.Null(worker.Worker.Broken);
    }

    /// <summary>Closed, so that no item goes on to a real worker.</summary>
    private static async Task<ProcessEngine> CreateClosedAsync(string name, StopMode mode)
    {
        var engine = new ProcessEngine(new ProcessPoolOptions { Name = name, MaxWorkers = 1, LoggerFactory = NullLoggerFactory.Instance }.Validated(), null);
        await engine.StopAsync(mode);
        return engine;
    }

    private static void Observe(RemoteItem item, ProcessEngine engine)
    {
        using var caller = new Activity("caller");
        caller.Start();
        item.Details.Observation = Instruments.MakeNow()!.Begin(item, engine, caller);
    }

    private static unsafe void WriteOutcomes(HostileWorker worker, RemoteItem item, int count)
    {
        using var writer = new PayloadWriter();
        writer.Begin(HeapMemory.Instance, CallLinks.ForResults);
        for (int i = 0; i < count; i++)
        {
            writer.Write(Outcome.Completed);
            ChunkElement.Write(writer, Codec<string>.Instance, "a result");
        }

        new ReadOnlySpan<byte>(writer.Start, (int)writer.Length).CopyTo(new Span<byte>(worker.Results.Address, (int)writer.Length));
        ItemCell* cell = worker.Cell(item);
        cell->ResultOffset = 0;
        cell->ResultLength = (long)writer.Length;
        cell->Word = ItemCell.Pack(item.Sequence, count);
    }
}
