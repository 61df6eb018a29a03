using System.Runtime.CompilerServices;
using Tandem.Invocation;
using Tandem.Mapping;
using Tandem.Work;

namespace Tandem;

/// <summary>
/// A pool in which each worker has its own state, such as a model, a connection or a cache. The state is built once, when the worker
/// starts.
/// </summary>
/// <typeparam name="TState">
/// The type of the state. The state is never serialized, so any type is allowed. If it is disposable, it is disposed with its worker. With
/// <see cref="WorkerPoolOptions.ConcurrencyPerWorker"/> above 1, the items of one worker use the state at the same time.
/// </typeparam>
public sealed class WorkerPool<TState> : WorkerPool
{
    internal WorkerPool(PoolEngine engine)
        : base(engine)
    {
    }

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker.</summary>
    public Task RunAsync(Action<TState> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateAdapter<TState, VoidResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> RunAsync<TResult>(
        Func<TState, TResult> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateAdapter<TState, TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker.</summary>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task RunAsync(Func<TState, Task> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateAdapter<TState, VoidResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task<TResult> RunAsync<TResult>(
        Func<TState, Task<TResult>> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateAdapter<TState, TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker.</summary>
    public Task RunAsync(Func<TState, ValueTask> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateAdapter<TState, VoidResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> RunAsync<TResult>(
        Func<TState, ValueTask<TResult>> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateAdapter<TState, TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker.</summary>
    public Task RunAsync(
        Action<TState, CancellationToken> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateAdapter<TState, VoidResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> RunAsync<TResult>(
        Func<TState, CancellationToken, TResult> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateAdapter<TState, TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker.</summary>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task RunAsync(
        Func<TState, CancellationToken, Task> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateAdapter<TState, VoidResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task<TResult> RunAsync<TResult>(
        Func<TState, CancellationToken, Task<TResult>> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateAdapter<TState, TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker.</summary>
    public Task RunAsync(
        Func<TState, CancellationToken, ValueTask> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateAdapter<TState, VoidResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> RunAsync<TResult>(
        Func<TState, CancellationToken, ValueTask<TResult>> work,
        WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateAdapter<TState, TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker and an argument that is sent with the call.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    public Task RunAsync<TArgument>(
        Action<TState, TArgument, CancellationToken> work, TArgument argument,
        WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateArgumentAdapter<TState, TArgument, VoidResult>.Instance, work, argument, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker and an argument that is sent with the call.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    public Task<TResult> RunAsync<TArgument, TResult>(
        Func<TState, TArgument, CancellationToken, TResult> work, TArgument argument,
        WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateArgumentAdapter<TState, TArgument, TResult>.Instance, work, argument, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker and an argument that is sent with the call.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task RunAsync<TArgument>(
        Func<TState, TArgument, CancellationToken, Task> work, TArgument argument,
        WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateArgumentAdapter<TState, TArgument, VoidResult>.Instance, work, argument, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker and an argument that is sent with the call.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task<TResult> RunAsync<TArgument, TResult>(
        Func<TState, TArgument, CancellationToken, Task<TResult>> work, TArgument argument,
        WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateArgumentAdapter<TState, TArgument, TResult>.Instance, work, argument, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker and an argument that is sent with the call.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    public Task RunAsync<TArgument>(
        Func<TState, TArgument, CancellationToken, ValueTask> work, TArgument argument,
        WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateArgumentAdapter<TState, TArgument, VoidResult>.Instance, work, argument, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work with the state of a worker and an argument that is sent with the call.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="argument">The argument; in a pool of processes the work gets a copy.</param>
    public Task<TResult> RunAsync<TArgument, TResult>(
        Func<TState, TArgument, CancellationToken, ValueTask<TResult>> work, TArgument argument,
        WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateArgumentAdapter<TState, TArgument, TResult>.Instance, work, argument, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, on all workers, and returns the results.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, TResult> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, on all workers, and returns the results.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, on all workers, and returns the results.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, on all workers, and returns the results.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, CancellationToken, TResult> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, on all workers, and returns the results.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, on all workers, and returns the results.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, CancellationToken, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, on all workers, and returns the results.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, TResult> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, on all workers, and returns the results.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, on all workers, and returns the results.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, on all workers, and returns the results.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, CancellationToken, TResult> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, on all workers, and returns the results.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, on all workers, and returns the results.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, CancellationToken, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, and returns the value or error of each item.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, TResult> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, and returns the value or error of each item.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, and returns the value or error of each item.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, and returns the value or error of each item.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, CancellationToken, TResult> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, and returns the value or error of each item.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, and returns the value or error of each item.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, CancellationToken, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, and returns the value or error of each item.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, TResult> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, and returns the value or error of each item.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, and returns the value or error of each item.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, and returns the value or error of each item.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, CancellationToken, TResult> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, and returns the value or error of each item.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker, and returns the value or error of each item.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, CancellationToken, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            StateArgumentAdapter<TState, TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker. The first error ends the call.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Action<TState, TItem> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentAdapter<TState, TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker. The first error ends the call.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Func<TState, TItem, Task> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentAdapter<TState, TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker. The first error ends the call.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Func<TState, TItem, ValueTask> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentAdapter<TState, TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker. The first error ends the call.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Action<TState, TItem, CancellationToken> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentAdapter<TState, TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker. The first error ends the call.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentAdapter<TState, TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker. The first error ends the call.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Func<TState, TItem, CancellationToken, ValueTask> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentAdapter<TState, TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker. The first error ends the call.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Action<TState, TItem> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentAdapter<TState, TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker. The first error ends the call.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, Task> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentAdapter<TState, TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker. The first error ends the call.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, ValueTask> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentAdapter<TState, TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker. The first error ends the call.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Action<TState, TItem, CancellationToken> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentAdapter<TState, TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker. The first error ends the call.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentAdapter<TState, TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, with the state of the worker. The first error ends the call.</summary>
    /// <param name="work">The work for one item and the state of its worker.</param>
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, CancellationToken, ValueTask> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentAdapter<TState, TItem, VoidResult>.Instance, work, source, options, cancellationToken);
}
