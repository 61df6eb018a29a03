using Tandem.Mapping;
using Tandem.Shipping;
using Tandem.Work;

namespace Tandem;

/// <summary>A pool in which each worker has a state of its own, built once when the worker starts: a model, a connection, a cache.</summary>
/// <typeparam name="TState">
/// The type of the state. It never travels, so it may be anything; it is disposed with its worker, where it can be. With
/// <see cref="WorkerPoolOptions.ConcurrencyPerWorker"/> above 1, the items of one worker share it at the same time.
/// </typeparam>
public sealed class WorkerPool<TState> : WorkerPool
{
    internal WorkerPool(PoolEngine engine)
        : base(engine)
    {
    }

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work on the state of a worker.</summary>
    public Task RunAsync(Action<TState> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateForm<TState, Nothing>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work on the state of a worker.</summary>
    public Task<TResult> RunAsync<TResult>(Func<TState, TResult> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateForm<TState, TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work on the state of a worker.</summary>
    public Task RunAsync(Func<TState, Task> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateForm<TState, Nothing>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work on the state of a worker.</summary>
    public Task<TResult> RunAsync<TResult>(Func<TState, Task<TResult>> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateForm<TState, TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work on the state of a worker.</summary>
    public Task RunAsync(Action<TState, CancellationToken> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateForm<TState, Nothing>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work on the state of a worker.</summary>
    public Task<TResult> RunAsync<TResult>(Func<TState, CancellationToken, TResult> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateForm<TState, TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work on the state of a worker.</summary>
    public Task RunAsync(Func<TState, CancellationToken, Task> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateForm<TState, Nothing>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync(Action, WorkOptions?, CancellationToken)"/>
    /// <summary>Runs work on the state of a worker.</summary>
    public Task<TResult> RunAsync<TResult>(Func<TState, CancellationToken, Task<TResult>> work, WorkOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(StateForm<TState, TResult>.Instance, work, null, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, TResult> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(StateArgumentForm<TState, TItem, TResult>.Instance, work, source, options, Pickers.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task<TResult>> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(StateArgumentForm<TState, TItem, TResult>.Instance, work, source, options, Pickers.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, TResult> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(StateArgumentForm<TState, TItem, TResult>.Instance, work, source, options, Pickers.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task<TResult>> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(StateArgumentForm<TState, TItem, TResult>.Instance, work, source, options, Pickers.Value, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, TResult> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(StateArgumentForm<TState, TItem, TResult>.Instance, work, source, options, Pickers.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task<TResult>> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(StateArgumentForm<TState, TItem, TResult>.Instance, work, source, options, Pickers.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, TResult> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(StateArgumentForm<TState, TItem, TResult>.Instance, work, source, options, Pickers.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task<TResult>> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(StateArgumentForm<TState, TItem, TResult>.Instance, work, source, options, Pickers.Result, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source and the state of a worker; the first error ends it.</summary>
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Action<TState, TItem> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentForm<TState, TItem, Nothing>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source and the state of a worker; the first error ends it.</summary>
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentForm<TState, TItem, Nothing>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source and the state of a worker; the first error ends it.</summary>
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Action<TState, TItem> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentForm<TState, TItem, Nothing>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source and the state of a worker; the first error ends it.</summary>
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(StateArgumentForm<TState, TItem, Nothing>.Instance, work, source, options, cancellationToken);
}
