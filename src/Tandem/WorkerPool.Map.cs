using Tandem.Mapping;
using Tandem.Shipping;

namespace Tandem;

public partial class WorkerPool
{
    /// <summary>
    /// Runs work on each item of a source, on all workers, and gives the results as they come: in the order of the items, or not
    /// (<see cref="MapOptions.Ordered"/>).
    /// </summary>
    /// <remarks>
    /// Lazy: the source is read while results are taken, on another thread, one item at a time, and no further ahead than
    /// <see cref="MapOptions.MaxLookAhead"/>; an endless source is fine. The first error ends the enumeration at its item;
    /// MapResultsAsync gives errors as values instead. Leaving early cancels what still runs and disposes the source. An asynchronous
    /// source gets a token that the end of the enumeration cancels, whatever ends it: an error, leaving, a token, the end of the pool. A
    /// source that does not return within a second of that (or within <see cref="WorkerPoolOptions.CancellationGrace"/>, if that is less) is
    /// left behind: it is disposed in the background when it returns, and its errors are logged. A synchronous source that blocks keeps a
    /// thread of the thread pool until then.
    /// </remarks>
    /// <typeparam name="TItem">The type of the items.</typeparam>
    /// <typeparam name="TResult">The type of the results.</typeparam>
    /// <param name="source">The items.</param>
    /// <param name="work">The work on one item.</param>
    /// <param name="options">Order, look-ahead, chunks; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="WorkSerializationException">Thrown by the enumeration: a captured value, an item or a result cannot travel.</exception>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, TResult> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, Task<TResult>> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, CancellationToken, TResult> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, TResult> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, Task<TResult>> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, TResult> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, TResult>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Value, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source and gives an outcome for each: a value or the error of that item.</summary>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, TResult> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Result, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source and gives an outcome for each: a value or the error of that item.</summary>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, Task<TResult>> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Result, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source and gives an outcome for each: a value or the error of that item.</summary>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, CancellationToken, TResult> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Result, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source and gives an outcome for each: a value or the error of that item.</summary>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Result, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source and gives an outcome for each: a value or the error of that item.</summary>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, TResult> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Result, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source and gives an outcome for each: a value or the error of that item.</summary>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, Task<TResult>> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Result, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source and gives an outcome for each: a value or the error of that item.</summary>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, TResult> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Result, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source and gives an outcome for each: a value or the error of that item.</summary>
    public IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        Map<TItem, TResult, WorkResult<TResult>>(ArgumentForm<TItem, TResult>.Instance, work, source, options, Pickers.Result, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, on all workers; the first error ends it.</summary>
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Action<TItem> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentForm<TItem, Nothing>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, on all workers; the first error ends it.</summary>
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Func<TItem, Task> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentForm<TItem, Nothing>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, on all workers; the first error ends it.</summary>
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Action<TItem, CancellationToken> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentForm<TItem, Nothing>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, on all workers; the first error ends it.</summary>
    public Task ForEachAsync<TItem>(
        IEnumerable<TItem> source, Func<TItem, CancellationToken, Task> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentForm<TItem, Nothing>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, on all workers; the first error ends it.</summary>
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Action<TItem> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentForm<TItem, Nothing>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, on all workers; the first error ends it.</summary>
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Func<TItem, Task> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentForm<TItem, Nothing>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, on all workers; the first error ends it.</summary>
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Action<TItem, CancellationToken> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentForm<TItem, Nothing>.Instance, work, source, options, cancellationToken);

    /// <inheritdoc cref="MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, MapOptions?, CancellationToken)"/>
    /// <summary>Runs work on each item of a source, on all workers; the first error ends it.</summary>
    public Task ForEachAsync<TItem>(
        IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, Task> work, MapOptions? options = null, CancellationToken cancellationToken = default) =>
        ForEach(ArgumentForm<TItem, Nothing>.Instance, work, source, options, cancellationToken);
}
