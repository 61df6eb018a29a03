using System.Runtime.CompilerServices;
using Tandem.Invocation;

namespace Tandem;

public partial class WorkerPool
{
    /// <summary>Runs work on a worker.</summary>
    /// <remarks>
    /// If the work returns a <see cref="Task"/> or a <see cref="ValueTask"/>, the worker awaits it. An <c>async</c> lambda is treated as a
    /// <see cref="Task"/>. The F# compiler cannot choose an overload for a function that returns a <see cref="ValueTask{TResult}"/>: use
    /// <see cref="ValueTask{TResult}.AsTask"/> in F#.
    /// </remarks>
    /// <param name="work">
    /// Any lambda, local function or method. In a pool of processes, the captured variables that it reads are copied to the worker. Changes
    /// that the work makes to them do not come back. A captured <see cref="CancellationToken"/> or <see cref="IProgress{T}"/> works
    /// across processes.
    /// </param>
    /// <param name="options">The item's name, priority and limits; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">
    /// Cancels the item. A waiting item never runs. For a running item, the token of the work is cancelled; in a process, the worker is
    /// killed if the item is still running after <see cref="WorkerPoolOptions.CancellationGrace"/>.
    /// </param>
    /// <returns>
    /// A task that completes with the work. It fails with the exception that the work threw, or with a <see cref="WorkException"/>:
    /// <see cref="WorkerCrashedException"/>, <see cref="WorkTimeoutException"/>, <see cref="WorkMemoryException"/>,
    /// <see cref="WorkerStartException"/>, <see cref="QueueFullException"/>, or <see cref="WorkSerializationException"/> for a result that
    /// cannot be serialized. It is cancelled if <paramref name="cancellationToken"/> is, and fails with
    /// <see cref="ObjectDisposedException"/> if the pool has ended.
    /// </returns>
    /// <exception cref="WorkSerializationException">A captured value cannot be serialized. Nothing was sent to a worker.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    public Task RunAsync(Action work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainAdapter<VoidResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> RunAsync<TResult>(
        Func<TResult> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainAdapter<TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task RunAsync(Func<Task> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainAdapter<VoidResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task<TResult> RunAsync<TResult>(
        Func<Task<TResult>> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainAdapter<TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    public Task RunAsync(Func<ValueTask> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainAdapter<VoidResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> RunAsync<TResult>(
        Func<ValueTask<TResult>> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainAdapter<TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    public Task RunAsync(Action<CancellationToken> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainAdapter<VoidResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> RunAsync<TResult>(
        Func<CancellationToken, TResult> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainAdapter<TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task RunAsync(Func<CancellationToken, Task> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainAdapter<VoidResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task<TResult> RunAsync<TResult>(
        Func<CancellationToken, Task<TResult>> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainAdapter<TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    public Task RunAsync(
        Func<CancellationToken, ValueTask> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainAdapter<VoidResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> RunAsync<TResult>(
        Func<CancellationToken, ValueTask<TResult>> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainAdapter<TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with an argument that is sent with the call. With a static lambda, this is the fastest overload.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    public Task RunAsync<TArgument>(
        Action<TArgument, CancellationToken> work, TArgument argument,
        WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(ArgumentAdapter<TArgument, VoidResult>.Instance, work, argument, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with an argument that is sent with the call. With a static lambda, this is the fastest overload.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    public Task<TResult> RunAsync<TArgument, TResult>(
        Func<TArgument, CancellationToken, TResult> work, TArgument argument,
        WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(ArgumentAdapter<TArgument, TResult>.Instance, work, argument, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with an argument that is sent with the call. With a static lambda, this is the fastest overload.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task RunAsync<TArgument>(
        Func<TArgument, CancellationToken, Task> work, TArgument argument,
        WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(ArgumentAdapter<TArgument, VoidResult>.Instance, work, argument, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with an argument that is sent with the call. With a static lambda, this is the fastest overload.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task<TResult> RunAsync<TArgument, TResult>(
        Func<TArgument, CancellationToken, Task<TResult>> work, TArgument argument,
        WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(ArgumentAdapter<TArgument, TResult>.Instance, work, argument, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with an argument that is sent with the call. With a static lambda, this is the fastest overload.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    public Task RunAsync<TArgument>(
        Func<TArgument, CancellationToken, ValueTask> work, TArgument argument,
        WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(ArgumentAdapter<TArgument, VoidResult>.Instance, work, argument, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with an argument that is sent with the call. With a static lambda, this is the fastest overload.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    public Task<TResult> RunAsync<TArgument, TResult>(
        Func<TArgument, CancellationToken, ValueTask<TResult>> work, TArgument argument,
        WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(ArgumentAdapter<TArgument, TResult>.Instance, work, argument, options, cancellationToken);
}
