using Tandem.Invocation;

namespace Tandem.Work;

/// <summary>What all chunks of one map have in common.</summary>
internal sealed record MapCall<TItem, TResult>(
    ItemAdapter<TItem, TResult> Adapter, Delegate Work, string? Name, CancellationToken CancellationToken)
{
    /// <summary>Called when every element of a chunk has an outcome.</summary>
    internal required Action<Chunk<TItem, TResult>> Completed { get; init; }
}
