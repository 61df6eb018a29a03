using System.Runtime.CompilerServices;
using Tandem.Invocation;
using Tandem.Mapping;

namespace Tandem;

public partial class WorkerPool
{
    /// <summary>
    /// Runs work on each item of a source, on all workers, and returns the results as they become available: in the order of the items, or
    /// in any order (<see cref="MapOptions.Ordered"/>).
    /// </summary>
    /// <remarks>
    /// The map is lazy. Another thread reads the source while results are taken, one item at a time, and no further ahead than
    /// <see cref="MapOptions.MaxLookAhead"/>, so the source may be endless. The first error ends the enumeration at its item;
    /// MapResultsAsync returns errors as values instead. Ending the enumeration early cancels running items and disposes the source. An
    /// asynchronous source gets a token that is cancelled when the enumeration ends, for any reason: an error, a <c>break</c>, a cancelled
    /// token, the end of the pool. A source that does not return within a second after that (or within
    /// <see cref="WorkerPoolOptions.CancellationGrace"/>, if that is less) is abandoned: it is disposed in the background when it returns,
    /// and its errors are logged. A synchronous source that blocks occupies a thread of the thread pool until then.
    /// </remarks>
    /// <typeparam name="TItem">The type of the items.</typeparam>
    /// <typeparam name="TResult">The type of the results.</typeparam>
    /// <param name="source">The items.</param>
    /// <param name="work">The work for one item.</param>
    /// <param name="options">Order, look-ahead, chunks, name, priority, limits; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <returns>
    /// The results. The enumeration throws the first error of an item, as the task of
    /// <see cref="RunAsync(Action, WorkOptions?, CancellationToken)"/> does, the error of the source, and
    /// <see cref="ObjectDisposedException"/> if the pool ends.
    /// </returns>
    /// <exception cref="WorkSerializationException">
    /// Thrown by the enumeration: a captured value, an item or a result cannot be serialized.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, TResult> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, CancellationToken, TResult> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, CancellationToken, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, TResult> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, TResult> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>
    /// Runs work on each item of a source, on all workers, and returns an outcome for each item: its value or its error. An item that fails
    /// does not end the enumeration. The outcomes come in the order of the items, or in any order (<see cref="MapOptions.Ordered"/>).
    /// </summary>
    /// <remarks>
    /// The map is lazy. The source is read as in
    /// <see cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)">MapAsync</see>.
    /// </remarks>
    /// <returns>
    /// The outcomes. The enumeration itself throws only the error of the source, <see cref="OperationCanceledException"/> if
    /// <paramref name="cancellationToken"/> is cancelled, and <see cref="ObjectDisposedException"/> if the pool ends.
    /// </returns>
    /// <exception cref="WorkSerializationException">Thrown by the enumeration: a captured value cannot be serialized.</exception>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, TResult> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, CancellationToken, TResult> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, CancellationToken, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, TResult> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, TResult> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, ValueTask<TResult>> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(
            ArgumentAdapter<TItem, TResult>.Instance, work, source, options, Outcomes.Result, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, on all workers. The first error ends the call.</summary>
    /// <remarks>
    /// The source is read as in
    /// <see cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)">MapAsync</see>.
    /// <see cref="MapOptions.Ordered"/> has no effect.
    /// </remarks>
    /// <param name="cancellationToken">
    /// Cancels waiting and running items, and ends the call with <see cref="OperationCanceledException"/>.
    /// </param>
    /// <returns>A task that completes when all items have completed, or fails with the first error of an item.</returns>
    /// <exception cref="WorkSerializationException">Thrown by the task: a captured value or an item cannot be serialized.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Thrown by the task: an option is out of its range; the message names it.</exception>
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Action<TItem> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentAdapter<TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Func<TItem, Task> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentAdapter<TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Func<TItem, ValueTask> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentAdapter<TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Action<TItem, CancellationToken> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentAdapter<TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Func<TItem, CancellationToken, Task> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentAdapter<TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Func<TItem, CancellationToken, ValueTask> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentAdapter<TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Action<TItem> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentAdapter<TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Func<TItem, Task> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentAdapter<TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Func<TItem, ValueTask> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentAdapter<TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Action<TItem, CancellationToken> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentAdapter<TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // an async lambda is a Task, not a ValueTask
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, Task> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentAdapter<TItem, VoidResult>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="ForEachAsync{TItem}(IEnumerable{TItem}, Action{TItem}, MapOptions?, CancellationToken)"/>
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, ValueTask> work,
        MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentAdapter<TItem, VoidResult>.Instance, work, source, options, cancellationToken);
}
