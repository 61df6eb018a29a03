using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Tandem.Context;
using Tandem.Invocation;
using Tandem.Serialization;
using Tandem.Telemetry;
using Tandem.Transport;

namespace Tandem.InWorker;

/// <summary>Runs items one at a time. A worker has one runner for each lane.</summary>
internal sealed unsafe class ItemRunner(OutcomeLink link, ActiveItems active)
{
    private readonly PayloadReader _arguments = new();
    private readonly PayloadWriter _results = new();

    /// <summary>Runs one item and sends its outcome.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "A dedicated thread runs one item at a time and waits for asynchronous work.")]
    internal void Run(
        Definition definition, object? state, int slot, uint sequence, in InvokeMessage message, byte* payload,
        ActivityContext? trace, byte[]? cultures)
    {
        AmbientState ambient = AmbientState.OfThread;
        var links = new ReceivedLinks(active, link, slot, sequence);
        _results.Begin(link.ResultMemory, links);
        long start = Stopwatch.GetTimestamp();
        if (!link.TryStart(slot, sequence, message.First, start))
        {
            link.SendResult(slot, sequence, new ResultMessage { Outcome = Outcome.Revoked }, _results);
            return;
        }

        var result = new ResultMessage { Finished = message.First };
        Activity? activity = trace is { } caller ? WorkerActivity.Start(definition.Name, caller) : null;
        MemoryGuard? guard = message.MemoryLimit > 0 ? new MemoryGuard(message.MemoryLimit) : null;
        Exception? error = null;
        try
        {
            RemoteMethod remoteMethod = definition.RemoteMethod;
            if (cultures is not null)
                Cultures.Read(cultures).Apply();
            _arguments.Begin(payload, (nint)message.Length, links);
            links.Answer = remoteMethod.Answer;
            Delegate work = ReadWork(remoteMethod);
            _results.Answer = remoteMethod.Answer;
            _results.Scope = remoteMethod.Method.Scope;
            CancellationToken cancellation = definition.TakesToken || message.Count > 0
                ? links.GetToken(FrameHeader.OwnToken) : CancellationToken.None;
            if (message.Count > 0)
            {
                result.Outcome = Outcome.Chunk;
                result.Finished = RunChunk(remoteMethod, work, state, links, slot, sequence, in message, guard, cancellation);
            }
            else if (remoteMethod.Adapter.Run(work, state, _arguments, _results, cancellation) is { } pending)
            {
                // One item at a time: this lane blocks; continuations run on the thread pool.
                pending.GetAwaiter().GetResult();
                remoteMethod.Adapter.WriteResult(pending, _results);
            }
        }
        catch (Exception e)
        {
            error = e;
        }

        guard?.Lift();
        // Not inside the catch block: there the stack is still as deep as where the exception was thrown, and may be too short to
        // serialize the exception.
        if (error is not null)
        {
            if (error is not OperationCanceledException)
                activity?.SetStatus(ActivityStatusCode.Error, error.Message);
            // Before the writer frees the block with the outcomes: another lane may get it, while the parent still reads outcomes.
            if (message.Count > 0)
                link.WithdrawChunk(slot);
            _results.Begin(link.ResultMemory, links);
            _results.Answer = AnswerPolicy.Errors;
            result.Outcome = error is OperationCanceledException ? Outcome.Canceled : Outcome.Failed;
            ExceptionCodec.Write(_results, error);
        }

        activity?.Dispose();
        ambient.Reset();
        _arguments.End();
        result.Elapsed = Stopwatch.GetTimestamp() - start;
        links.HandOver(result.Finished);
        links.End();
        link.SendResult(slot, sequence, result, _results);
        _results.Abandon();
    }

    /// <summary>Runs a step of the worker's startup, such as creating its state, and sends the outcome to the parent.</summary>
    internal bool TryStartUp(Definition definition, int slot, uint sequence, in InvokeMessage message, byte* payload, out object? state)
    {
        var result = default(ResultMessage);
        state = null;
        AmbientState ambient = AmbientState.OfThread;
        _results.Begin(link.ResultMemory, CallLinks.ForResults);
        _results.Answer = AnswerPolicy.Errors;
        Exception? error = null;
        try
        {
            var links = new ReceivedLinks(active, link, slot, sequence) { Answer = definition.RemoteMethod.Answer };
            _arguments.Begin(payload, (nint)message.Length, links);
            state = definition.RemoteMethod.Adapter.RunForState(ReadWork(definition.RemoteMethod));
        }
        catch (Exception e)
        {
            error = e;
        }

        if (error is not null)
        {
            result.Outcome = Outcome.Failed;
            ExceptionCodec.Write(_results, error);
        }

        ambient.Reset();
        _arguments.End();
        link.SendResult(slot, sequence, result, _results);
        _results.Abandon();
        return result.Outcome == Outcome.Completed;
    }

    private Delegate ReadWork(RemoteMethod remoteMethod)
    {
        try
        {
            return remoteMethod.Method.ReadDelegate(_arguments);
        }
        catch (Exception e) when (RebuildErrors.IsOfValue(e))
        {
            throw RebuildErrors.For("what the work captured could not be rebuilt in the worker process", "", e);
        }
    }

    private int RunChunk(
        RemoteMethod remoteMethod, Delegate work, object? state, ReceivedLinks links, int slot, uint sequence, in InvokeMessage message,
        MemoryGuard? guard,
        CancellationToken cancellation)
    {
        link.BeginChunk(_results, links);
        _results.Answer = remoteMethod.Answer;
        _results.Scope = remoteMethod.Method.Scope;
        var run = new ChunkRun(link, slot, sequence)
        {
            First = message.First,
            Count = message.Count,
            Arguments = _arguments,
            Results = _results,
            BeforeFailure = guard is null ? null : guard.Lift,
            CancellationToken = cancellation,
        };
        return remoteMethod.Adapter.RunChunk(work, state, run);
    }
}
