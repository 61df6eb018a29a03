using System.Diagnostics.CodeAnalysis;
using Tandem.Context;
using Tandem.Serialization;

namespace Tandem.Invocation;

/// <summary>
/// Adapts delegates of different types to one way of calling them: it determines where the arguments come from, and serializes them. One
/// instance per closed type serves all calls in the calling process. A worker process finds the type by its name.
/// </summary>
internal abstract class DelegateAdapter
{
    /// <summary>Whether the call has an argument that is serialized.</summary>
    internal virtual bool TakesArgument => false;

    /// <summary>The declared type of the result.</summary>
    internal abstract Type ResultType { get; }

    /// <summary>Serializes the argument, if there is one.</summary>
    internal abstract void WriteArgument(PayloadWriter writer, object? argument);

    /// <summary>
    /// In a worker: runs the work with arguments that it reads from <paramref name="arguments"/>, and serializes its result.
    /// </summary>
    /// <returns>Null if the work has completed; otherwise the task whose result <see cref="WriteResult"/> serializes.</returns>
    internal abstract Task? Run(
        Delegate work, object? state, PayloadReader arguments, PayloadWriter results, CancellationToken cancellation);

    /// <summary>In a worker: serializes the result of a task that <see cref="Run"/> returned and that has succeeded.</summary>
    internal abstract void WriteResult(Task task, PayloadWriter results);

    /// <summary>In a worker: runs a chunk. Returns the first element that did not run.</summary>
    internal abstract int RunChunk(Delegate work, object? state, ChunkRun run);

    /// <summary>In a worker: runs the work and returns its result as an object, for the state of a pool.</summary>
    internal abstract object? RunForState(Delegate work);

    /// <summary>Calls the visitor's method for this kind of adapter, with its types as type arguments.</summary>
    internal abstract void Accept(IAdapterVisitor visitor);
}

/// <inheritdoc cref="DelegateAdapter"/>
/// <typeparam name="TResult">The result; <see cref="VoidResult"/> for work that returns no value.</typeparam>
internal abstract class DelegateAdapter<TResult> : DelegateAdapter
{
    internal sealed override Type ResultType => typeof(TResult);

    /// <summary>Invokes the work.</summary>
    protected abstract ValueTask<TResult> Invoke(Delegate work, object? state, object? argument, CancellationToken cancellation);

    /// <summary>Invokes the work with an argument from a payload.</summary>
    protected abstract ValueTask<TResult> Invoke(Delegate work, object? state, PayloadReader arguments, CancellationToken cancellation);

    /// <summary>Runs the work in this process, with values that are not serialized, until it has completed.</summary>
    internal TResult RunLocally(Delegate work, object? state, object? argument, CancellationToken cancellation) =>
        Wait(Unwrap(Invoke(work, state, argument, cancellation)));

    /// <summary>Waits for asynchronous work, because a lane runs one item at a time. Continuations run on the thread pool.</summary>
    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "A worker's thread runs one item at a time and waits for asynchronous work. It is not a pool thread.")]
    protected static TResult Wait(ValueTask<TResult> outcome) =>
        outcome.IsCompletedSuccessfully ? outcome.Result : outcome.AsTask().GetAwaiter().GetResult();

    /// <summary>In a worker: runs the elements of a chunk one after the other. Each element has an outcome of its own.</summary>
    internal sealed override int RunChunk(Delegate work, object? state, ChunkRun run)
    {
        AmbientState ambient = AmbientState.OfThread;
        ExecutionContext? context = ExecutionContext.Capture();
        int at = 0;
        for (; at < run.First; at++)
            ChunkElement.Skip(run.Arguments);

        for (; at < run.Count && run.MayRun(at); at++)
        {
            nint start = run.Results.Length;
            nint end = ChunkElement.ReadEnd(run.Arguments);
            run.Arguments.Forget();
            run.Results.References.Clear();
            Exception? error = null;
            try
            {
                ValueTask<TResult> outcome = Unwrap(Invoke(work, state, run.Arguments, run.CancellationToken));
                run.Results.Write(Transport.Outcome.Completed);
                nint content = ChunkElement.Begin(run.Results);
                Write(run.Results, Wait(outcome));
                ChunkElement.End(run.Results, content);
            }
            catch (Exception e) when (RebuildErrors.IsOfValue(e))
            {
                error = e;
            }

            // Outside of the handler: inside, the stack is still as deep as at the throw, and may be too short to serialize the error.
            if (error is not null)
                run.Fail(start, error);
            ambient.Reset(context);
            // Needed if the element was not read to its end.
            run.Arguments.SkipTo(end);
            run.Advance(at + 1);
        }

        return at;
    }

    internal sealed override Task? Run(
        Delegate work, object? state, PayloadReader arguments, PayloadWriter results, CancellationToken cancellation)
    {
        ValueTask<TResult> outcome = Unwrap(Invoke(work, state, arguments, cancellation));
        if (!outcome.IsCompletedSuccessfully)
            return outcome.AsTask();

        Write(results, outcome.Result);
        return null;
    }

    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "A worker's thread runs one item at a time and waits for asynchronous work. It is not a pool thread.")]
    internal sealed override void WriteResult(Task task, PayloadWriter results) => Write(results, ((Task<TResult>)task).Result);

    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "A worker's thread runs one item at a time and waits for asynchronous work. It is not a pool thread.")]
    internal sealed override object? RunForState(Delegate work)
    {
        ValueTask<TResult> outcome = Unwrap(Invoke(work, null, (object?)null, CancellationToken.None));
        return outcome.AsTask().GetAwaiter().GetResult();
    }

    /// <summary>In the calling process: deserializes the result that <see cref="Run"/> serialized.</summary>
    internal static TResult Read(PayloadReader reader)
    {
        if (typeof(TResult) == typeof(VoidResult))
            return default!;

        if (typeof(TResult).IsValueType && TaskResult<TResult>.Instance is { } task)
            return task.Read(reader);

        return Codec<TResult>.Instance.Read(reader);
    }

    /// <summary>Writes what <see cref="Read"/> reads.</summary>
    internal static void Write(PayloadWriter writer, TResult value)
    {
        try
        {
            if (typeof(TResult).IsValueType && TaskResult<TResult>.Instance is { } task)
                task.Write(writer, value);
            else if (typeof(TResult) != typeof(VoidResult))
                Codec<TResult>.Instance.Write(writer, value);
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, "result"))
        {
            throw;
        }
    }

    /// <summary>
    /// Awaits a result that is itself a <see cref="ValueTask{TResult}"/>, because the caller declared this type as the result and not as
    /// asynchronous work. The result is then a completed task.
    /// </summary>
    protected static ValueTask<TResult> Unwrap(ValueTask<TResult> outcome) =>
        typeof(TResult).IsValueType && TaskResult<TResult>.Instance is { } task ? task.Await(outcome) : outcome;

    /// <summary>Awaits asynchronous work that returns no value.</summary>
    protected static ValueTask<TResult> WithoutResult(Task task)
    {
        return task.IsCompletedSuccessfully ? default : new ValueTask<TResult>(Await(task));

        static async Task<TResult> Await(Task task)
        {
            await task.ConfigureAwait(false);
            return default!;
        }
    }

    /// <summary>Invokes delegates of one parameter, with or without a token after it.</summary>
    protected static class OneParameter<T>
    {
        internal static ValueTask<TResult> Invoke(Delegate work, T value, CancellationToken cancellation)
        {
            switch (work)
            {
                case Func<T, Task<TResult>> function: return new(function(value));
                case Func<T, CancellationToken, Task<TResult>> function: return new(function(value, cancellation));
                case Func<T, TResult> function: return new(function(value));
                case Func<T, CancellationToken, TResult> function: return new(function(value, cancellation));
                case Action<T> action: action(value); return default;
                case Action<T, CancellationToken> action: action(value, cancellation); return default;
                case Func<T, Task> function: return WithoutResult(function(value));
                case Func<T, CancellationToken, Task> function: return WithoutResult(function(value, cancellation));
                case Func<T, ValueTask<TResult>> function: return function(value);
                case Func<T, CancellationToken, ValueTask<TResult>> function: return function(value, cancellation);
                case Func<T, ValueTask> function: return WithoutResult(function(value).AsTask());
                case Func<T, CancellationToken, ValueTask> function: return WithoutResult(function(value, cancellation).AsTask());
                default: throw Unfit(work);
            }
        }
    }

    /// <summary>An internal error: the public API combines only delegates and adapters that fit.</summary>
    protected static InvalidOperationException Unfit(Delegate work) =>
        new($"A delegate of type {work.GetType()} does not fit its adapter.");
}
