using Tandem.Shipping;

namespace Tandem.Work;

/// <summary>What all items of one map have in common.</summary>
internal sealed record MapCall<TItem, TResult>(
    ItemForm<TItem, TResult> Form, Delegate Work, string? Name, CancellationToken CancellationToken)
{
    /// <summary>Told when a chunk has an outcome for every element.</summary>
    internal required Action<Chunk<TItem, TResult>> Completed { get; init; }
}
