using Tandem.Shipping;

namespace Tandem;

public partial class WorkerPool
{
    /// <summary>Runs work on a worker.</summary>
    /// <param name="work">
    /// Any lambda, local function or method. In a pool of processes, the captured variables that it reads are copied to the worker;
    /// what the work writes into them stays there. A captured <see cref="CancellationToken"/> or <see cref="IProgress{T}"/> works
    /// across processes.
    /// </param>
    /// <param name="options">The item's name; null for none.</param>
    /// <param name="cancellationToken">
    /// Cancels the item: one that waits never runs; one that runs sees the token that it was given, and in a process is killed after
    /// <see cref="WorkerPoolOptions.CancellationGrace"/>.
    /// </param>
    /// <returns>A task that completes with the work. It fails with the exception that the work threw; with
    /// <see cref="WorkerCrashedException"/>, <see cref="WorkerStartException"/>, <see cref="QueueFullException"/>, or
    /// <see cref="ObjectDisposedException"/>.</returns>
    /// <exception cref="WorkSerializationException">A captured value cannot travel; no worker was touched.</exception>
    public Task RunAsync(Action work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainForm<Nothing>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> RunAsync<TResult>(Func<TResult> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainForm<TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    public Task RunAsync(Func<Task> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainForm<Nothing>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> RunAsync<TResult>(Func<Task<TResult>> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainForm<TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    public Task RunAsync(Action<CancellationToken> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainForm<Nothing>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> RunAsync<TResult>(Func<CancellationToken, TResult> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainForm<TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    public Task RunAsync(Func<CancellationToken, Task> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainForm<Nothing>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> RunAsync<TResult>(Func<CancellationToken, Task<TResult>> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(PlainForm<TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work on an argument that travels with the call: with a static lambda, the form without a closure, and the fastest.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    public Task RunAsync<TArgument>(
        Action<TArgument, CancellationToken> work, TArgument argument, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(ArgumentForm<TArgument, Nothing>.Instance, work, argument, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work on an argument that travels with the call: with a static lambda, the form without a closure, and the fastest.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    public Task<TResult> RunAsync<TArgument, TResult>(
        Func<TArgument, CancellationToken, TResult> work, TArgument argument, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(ArgumentForm<TArgument, TResult>.Instance, work, argument, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work on an argument that travels with the call: with a static lambda, the form without a closure, and the fastest.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    public Task RunAsync<TArgument>(
        Func<TArgument, CancellationToken, Task> work, TArgument argument, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(ArgumentForm<TArgument, Nothing>.Instance, work, argument, options, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work on an argument that travels with the call: with a static lambda, the form without a closure, and the fastest.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    public Task<TResult> RunAsync<TArgument, TResult>(
        Func<TArgument, CancellationToken, Task<TResult>> work, TArgument argument, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(ArgumentForm<TArgument, TResult>.Instance, work, argument, options, cancellationToken);
}
