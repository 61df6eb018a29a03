using System.Diagnostics.CodeAnalysis;
using Tandem.Serialization;

namespace Tandem.Invocation;

/// <summary>
/// Handles results that are a <see cref="ValueTask"/> or a <see cref="ValueTask{TResult}"/>: they are awaited where the work runs.
/// </summary>
internal abstract class TaskResult<TResult>
{
    /// <summary>The handler of the result type; null if it is neither of the two.</summary>
    internal static readonly TaskResult<TResult>? Instance = Make();

    /// <summary>Awaits the work, and then the task that it returned.</summary>
    /// <returns>The result: a completed task.</returns>
    internal abstract ValueTask<TResult> Await(ValueTask<TResult> outcome);

    internal abstract void Write(PayloadWriter writer, TResult value);

    internal abstract TResult Read(PayloadReader reader);

    [UnconditionalSuppressMessage(
        "AOT", "IL3050", Justification = "The compiled program contains the code for classes; see TrimmedProgramTests.")]
    private static TaskResult<TResult>? Make()
    {
        if (typeof(TResult) == typeof(ValueTask))
            return (TaskResult<TResult>)(object)new ResultOfValueTask();

        if (typeof(TResult).IsConstructedGenericType && typeof(TResult).GetGenericTypeDefinition() == typeof(ValueTask<>))
        {
            return (TaskResult<TResult>)Activator.CreateInstance(
                typeof(ResultOfValueTask<>).MakeGenericType(typeof(TResult).GenericTypeArguments))!;
        }

        return null;
    }
}

/// <inheritdoc/>
internal sealed class ResultOfValueTask : TaskResult<ValueTask>
{
    internal override async ValueTask<ValueTask> Await(ValueTask<ValueTask> outcome)
    {
        ValueTask task = await outcome.ConfigureAwait(false);
        await task.ConfigureAwait(false);
        return ValueTask.CompletedTask;
    }

    internal override void Write(PayloadWriter writer, ValueTask value)
    {
    }

    internal override ValueTask Read(PayloadReader reader) => ValueTask.CompletedTask;
}

/// <inheritdoc/>
internal sealed class ResultOfValueTask<T> : TaskResult<ValueTask<T>>
{
    internal override async ValueTask<ValueTask<T>> Await(ValueTask<ValueTask<T>> outcome)
    {
        ValueTask<T> task = await outcome.ConfigureAwait(false);
        return new ValueTask<T>(await task.ConfigureAwait(false));
    }

    internal override void Write(PayloadWriter writer, ValueTask<T> value) => Codec<T>.Instance.Write(writer, value.Result);

    internal override ValueTask<T> Read(PayloadReader reader) => new(Codec<T>.Instance.Read(reader));
}
