using System.Diagnostics.CodeAnalysis;
using Tandem.Serialization;
using Tandem.Transport;

namespace Tandem.Invocation;

/// <summary>In a worker: a chunk that is running.</summary>
[SuppressMessage(
    "ApiDesign", "RS0030:Do not use banned APIs", Justification = "Read after each element, and a few milliseconds do not matter.")]
internal sealed class ChunkRun
{
    /// <summary>
    /// How long a chunk may run, in milliseconds. Its size was chosen for short elements: if they take longer, the rest goes back to the
    /// parent, which distributes it to all workers.
    /// </summary>
    private const long Budget = 10;

    private readonly OutcomeLink _link;
    private readonly int _slot;
    private readonly uint _sequence;
    private readonly long _start = Environment.TickCount64;

    internal ChunkRun(OutcomeLink link, int slot, uint sequence)
    {
        _link = link;
        _slot = slot;
        _sequence = sequence;
    }

    internal required int First { get; init; }

    internal required int Count { get; init; }

    internal required PayloadReader Arguments { get; init; }

    internal required PayloadWriter Results { get; init; }

    /// <summary>Called before an element's error is written: lifts the memory limit of an item that is alone in its chunk.</summary>
    internal Action? BeforeFailure { get; init; }

    internal required CancellationToken CancellationToken { get; init; }

    /// <summary>Whether another element may run in this chunk. At least one element runs, so that every run makes progress.</summary>
    internal bool MayRun(int element) =>
        !CancellationToken.IsCancellationRequested && (element == First || Environment.TickCount64 - _start <= Budget);

    /// <summary>Publishes the outcomes so far to the parent, so that they survive a crash in element <paramref name="next"/>.</summary>
    internal void Advance(int next)
    {
        Results.Links?.HandOver(next - 1);
        _link.AdvanceChunk(_slot, _sequence, next, Results);
    }

    /// <summary>Replaces the output of an element by its error.</summary>
    internal void Fail(nint start, Exception error)
    {
        BeforeFailure?.Invoke();
        Results.Truncate(start);
        Results.References.Clear();
        Results.Write(error is OperationCanceledException ? Outcome.Canceled : Outcome.Failed);
        nint content = ChunkElement.Begin(Results);
        ExceptionCodec.Write(Results, error);
        ChunkElement.End(Results, content);
    }
}
