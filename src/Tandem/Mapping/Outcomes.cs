using System.Runtime.ExceptionServices;
using Tandem.Work;

namespace Tandem.Mapping;

/// <summary>Converts the outcome of an element for the consumer.</summary>
internal static class Outcomes
{
    internal static TResult Value<TItem, TResult>(Chunk<TItem, TResult> chunk, int element)
    {
        if (chunk.HasErrors && chunk.ErrorAt(element) is { } error)
            ExceptionDispatchInfo.Throw(error);

        return chunk.ValueAt(element);
    }

    internal static WorkResult<TResult> Result<TItem, TResult>(Chunk<TItem, TResult> chunk, int element) =>
        chunk.HasErrors && chunk.ErrorAt(element) is { } error
            ? new WorkResult<TResult>(chunk.Index + element, error)
            : new WorkResult<TResult>(chunk.Index + element, chunk.ValueAt(element));
}
