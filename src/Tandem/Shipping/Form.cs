using System.Diagnostics.CodeAnalysis;
using Tandem.Context;
using Tandem.Serialization;

namespace Tandem.Shipping;

/// <summary>
/// The form of a call: which delegate types it takes and where their parameters come from. One instance per closed type serves all
/// calls, on the caller's side and in worker processes, where it is found by its type's name.
/// </summary>
internal abstract class Form
{
    /// <summary>Whether an argument travels with the call.</summary>
    internal virtual bool TakesArgument => false;

    /// <summary>Writes the argument, where there is one.</summary>
    internal abstract void WriteArgument(PayloadWriter writer, object? argument);

    /// <summary>
    /// In a worker: runs the work with arguments read from <paramref name="arguments"/>, and writes its result.
    /// </summary>
    /// <returns>Null when it has run to completion, otherwise the task whose result <see cref="WriteResult"/> writes.</returns>
    internal abstract Task? Run(Delegate work, object? state, PayloadReader arguments, PayloadWriter results, CancellationToken cancellation);

    /// <summary>In a worker: writes the result of a task that <see cref="Run"/> returned and that has succeeded.</summary>
    internal abstract void WriteResult(Task task, PayloadWriter results);

    /// <summary>In a worker: runs a chunk; returns the first element that did not run.</summary>
    internal abstract int RunChunk(Delegate work, object? state, ChunkRun run);

    /// <summary>In a worker: runs the work and returns its result itself, for the state of a pool.</summary>
    internal abstract object? RunForState(Delegate work);

    /// <summary>Calls the visitor's method for this kind of form, with the types of the form.</summary>
    internal abstract void Accept(IFormVisitor visitor);
}

/// <inheritdoc cref="Form"/>
/// <typeparam name="TResult">The result; <see cref="Nothing"/> for work without one.</typeparam>
internal abstract class Form<TResult> : Form
{
    /// <summary>Runs the work.</summary>
    protected abstract ValueTask<TResult> Invoke(Delegate work, object? state, object? argument, CancellationToken cancellation);

    /// <summary>Runs the work with an argument from a payload.</summary>
    protected abstract ValueTask<TResult> Invoke(Delegate work, object? state, PayloadReader arguments, CancellationToken cancellation);

    /// <summary>Runs the work on values that are on this heap, to its end.</summary>
    internal TResult RunHere(Delegate work, object? state, object? argument, CancellationToken cancellation) =>
        Wait(Unwrap(Invoke(work, state, argument, cancellation)));

    /// <summary>A lane runs one item at a time, so it waits for asynchronous work; continuations run on the thread pool.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "A worker's thread runs one item at a time and waits for asynchronous work; it is no thread of the thread pool.")]
    protected static TResult Wait(ValueTask<TResult> outcome) =>
        outcome.IsCompletedSuccessfully ? outcome.Result : outcome.AsTask().GetAwaiter().GetResult();

    /// <summary>In a worker: runs the elements of a chunk one after the other, each with its own outcome.</summary>
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

            // Not in the handler: there the stack is still as deep as where the exception was thrown, and may be too short to write it.
            if (error is not null)
                run.Fail(start, error);
            ambient.Reset(context);
            // Also after an element that could not be read to its end.
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

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "A worker's thread runs one item at a time and waits for asynchronous work; it is no thread of the thread pool.")]
    internal sealed override void WriteResult(Task task, PayloadWriter results) => Write(results, ((Task<TResult>)task).Result);

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "A worker's thread runs one item at a time and waits for asynchronous work; it is no thread of the thread pool.")]
    internal sealed override object? RunForState(Delegate work)
    {
        ValueTask<TResult> outcome = Unwrap(Invoke(work, null, (object?)null, CancellationToken.None));
        return outcome.AsTask().GetAwaiter().GetResult();
    }

    /// <summary>On the caller's side: reads what <see cref="Run"/> wrote.</summary>
    internal static TResult Read(PayloadReader reader)
    {
        if (typeof(TResult) == typeof(Nothing))
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
            else if (typeof(TResult) != typeof(Nothing))
                Codec<TResult>.Instance.Write(writer, value);
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, "result"))
        {
            throw;
        }
    }

    /// <summary>
    /// Work may return a <see cref="ValueTask{TResult}"/> that the caller declares as its result, rather than as asynchronous work: the pool
    /// awaits it all the same, and its result is a task that is over.
    /// </summary>
    protected static ValueTask<TResult> Unwrap(ValueTask<TResult> outcome) =>
        typeof(TResult).IsValueType && TaskResult<TResult>.Instance is { } task ? task.Await(outcome) : outcome;

    /// <summary>The result of asynchronous work without one.</summary>
    protected static ValueTask<TResult> WithoutResult(Task task)
    {
        return task.IsCompletedSuccessfully ? default : new ValueTask<TResult>(Await(task));

        static async Task<TResult> Await(Task task)
        {
            await task.ConfigureAwait(false);
            return default!;
        }
    }

    /// <summary>Delegates of one parameter, with or without a token behind it.</summary>
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

    /// <summary>An error of ours: the public surface builds only forms that their delegates fit.</summary>
    protected static InvalidOperationException Unfit(Delegate work) => new($"A delegate of type {work.GetType()} does not fit its form.");
}
