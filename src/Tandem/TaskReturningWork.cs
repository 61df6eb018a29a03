using System.ComponentModel;

namespace Tandem;

/// <summary>
/// The calls of <see cref="WorkerPool"/> whose work returns a <see cref="Task{TResult}"/>, for the F# compiler. To it, a function that
/// returns a task fits <c>Func&lt;TResult&gt;</c> as well as <c>Func&lt;Task&lt;TResult&gt;&gt;</c>, and it prefers methods without
/// optional parameters, which these are. So <c>pool.RunAsync(fun () -> task { return 1 })</c> needs no type annotation. C# and Visual Basic
/// never come to them.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class TaskReturningWork
{
    /// <inheritdoc cref="WorkerPool.RunAsync{TResult}(Func{Task{TResult}}, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TResult>(
        this WorkerPool pool, Func<Task<TResult>> work) =>
        pool.RunAsync<TResult>(work, null, default);

    /// <inheritdoc cref="WorkerPool.RunAsync{TResult}(Func{Task{TResult}}, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TResult>(
        this WorkerPool pool, Func<Task<TResult>> work, CancellationToken cancellationToken) =>
        pool.RunAsync<TResult>(work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync{TResult}(Func{Task{TResult}}, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TResult>(
        this WorkerPool pool, Func<Task<TResult>> work, WorkOptions options) =>
        pool.RunAsync<TResult>(work, options, default);

    /// <inheritdoc cref="WorkerPool.RunAsync{TResult}(Func{CancellationToken, Task{TResult}}, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TResult>(
        this WorkerPool pool, Func<CancellationToken, Task<TResult>> work) =>
        pool.RunAsync<TResult>(work, null, default);

    /// <inheritdoc cref="WorkerPool.RunAsync{TResult}(Func{CancellationToken, Task{TResult}}, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TResult>(
        this WorkerPool pool, Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken) =>
        pool.RunAsync<TResult>(work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync{TResult}(Func{CancellationToken, Task{TResult}}, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TResult>(
        this WorkerPool pool, Func<CancellationToken, Task<TResult>> work, WorkOptions options) =>
        pool.RunAsync<TResult>(work, options, default);

    /// <inheritdoc cref="WorkerPool.RunAsync{TArgument, TResult}(Func{TArgument, CancellationToken, Task{TResult}}, TArgument, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TArgument, TResult>(
        this WorkerPool pool, Func<TArgument, CancellationToken, Task<TResult>> work, TArgument argument) =>
        pool.RunAsync<TArgument, TResult>(work, argument, null, default);

    /// <inheritdoc cref="WorkerPool.RunAsync{TArgument, TResult}(Func{TArgument, CancellationToken, Task{TResult}}, TArgument, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TArgument, TResult>(
        this WorkerPool pool,
        Func<TArgument, CancellationToken, Task<TResult>> work,
        TArgument argument,
        CancellationToken cancellationToken) =>
        pool.RunAsync<TArgument, TResult>(work, argument, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool.RunAsync{TArgument, TResult}(Func{TArgument, CancellationToken, Task{TResult}}, TArgument, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TArgument, TResult>(
        this WorkerPool pool, Func<TArgument, CancellationToken, Task<TResult>> work, TArgument argument, WorkOptions options) =>
        pool.RunAsync<TArgument, TResult>(work, argument, options, default);

    /// <inheritdoc cref="WorkerPool{TState}.RunAsync{TResult}(Func{TState, Task{TResult}}, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TState, TResult>(
        this WorkerPool<TState> pool, Func<TState, Task<TResult>> work) =>
        pool.RunAsync<TResult>(work, null, default);

    /// <inheritdoc cref="WorkerPool{TState}.RunAsync{TResult}(Func{TState, Task{TResult}}, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TState, TResult>(
        this WorkerPool<TState> pool, Func<TState, Task<TResult>> work, CancellationToken cancellationToken) =>
        pool.RunAsync<TResult>(work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool{TState}.RunAsync{TResult}(Func{TState, Task{TResult}}, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TState, TResult>(
        this WorkerPool<TState> pool, Func<TState, Task<TResult>> work, WorkOptions options) =>
        pool.RunAsync<TResult>(work, options, default);

    /// <inheritdoc cref="WorkerPool{TState}.RunAsync{TResult}(Func{TState, CancellationToken, Task{TResult}}, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TState, TResult>(
        this WorkerPool<TState> pool, Func<TState, CancellationToken, Task<TResult>> work) =>
        pool.RunAsync<TResult>(work, null, default);

    /// <inheritdoc cref="WorkerPool{TState}.RunAsync{TResult}(Func{TState, CancellationToken, Task{TResult}}, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TState, TResult>(
        this WorkerPool<TState> pool, Func<TState, CancellationToken, Task<TResult>> work, CancellationToken cancellationToken) =>
        pool.RunAsync<TResult>(work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool{TState}.RunAsync{TResult}(Func{TState, CancellationToken, Task{TResult}}, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TState, TResult>(
        this WorkerPool<TState> pool, Func<TState, CancellationToken, Task<TResult>> work, WorkOptions options) =>
        pool.RunAsync<TResult>(work, options, default);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        this WorkerPool pool, IEnumerable<TItem> source, Func<TItem, Task<TResult>> work) =>
        pool.MapAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        this WorkerPool pool, IEnumerable<TItem> source, Func<TItem, Task<TResult>> work, CancellationToken cancellationToken) =>
        pool.MapAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        this WorkerPool pool, IEnumerable<TItem> source, Func<TItem, Task<TResult>> work, MapOptions options) =>
        pool.MapAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        this WorkerPool pool, IEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work) =>
        pool.MapAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        this WorkerPool pool,
        IEnumerable<TItem> source,
        Func<TItem, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.MapAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        this WorkerPool pool, IEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work, MapOptions options) =>
        pool.MapAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        this WorkerPool pool, IAsyncEnumerable<TItem> source, Func<TItem, Task<TResult>> work) =>
        pool.MapAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        this WorkerPool pool, IAsyncEnumerable<TItem> source, Func<TItem, Task<TResult>> work, CancellationToken cancellationToken) =>
        pool.MapAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        this WorkerPool pool, IAsyncEnumerable<TItem> source, Func<TItem, Task<TResult>> work, MapOptions options) =>
        pool.MapAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        this WorkerPool pool, IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work) =>
        pool.MapAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        this WorkerPool pool,
        IAsyncEnumerable<TItem> source,
        Func<TItem, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.MapAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TItem, TResult>(
        this WorkerPool pool, IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work, MapOptions options) =>
        pool.MapAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        this WorkerPool pool, IEnumerable<TItem> source, Func<TItem, Task<TResult>> work) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        this WorkerPool pool, IEnumerable<TItem> source, Func<TItem, Task<TResult>> work, CancellationToken cancellationToken) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        this WorkerPool pool, IEnumerable<TItem> source, Func<TItem, Task<TResult>> work, MapOptions options) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        this WorkerPool pool, IEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        this WorkerPool pool,
        IEnumerable<TItem> source,
        Func<TItem, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        this WorkerPool pool, IEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work, MapOptions options) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        this WorkerPool pool, IAsyncEnumerable<TItem> source, Func<TItem, Task<TResult>> work) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        this WorkerPool pool, IAsyncEnumerable<TItem> source, Func<TItem, Task<TResult>> work, CancellationToken cancellationToken) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        this WorkerPool pool, IAsyncEnumerable<TItem> source, Func<TItem, Task<TResult>> work, MapOptions options) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        this WorkerPool pool, IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        this WorkerPool pool,
        IAsyncEnumerable<TItem> source,
        Func<TItem, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool.MapResultsAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TItem, TResult>(
        this WorkerPool pool, IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work, MapOptions options) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Func{TItem, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TItem, TResult>(
        this WorkerPool pool, IEnumerable<TItem> source, Func<TItem, Task<TResult>> work) =>
        pool.ForEachAsync<TItem>(source, (Func<TItem, Task>)work, null, default);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Func{TItem, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TItem, TResult>(
        this WorkerPool pool, IEnumerable<TItem> source, Func<TItem, Task<TResult>> work, CancellationToken cancellationToken) =>
        pool.ForEachAsync<TItem>(source, (Func<TItem, Task>)work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Func{TItem, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TItem, TResult>(
        this WorkerPool pool, IEnumerable<TItem> source, Func<TItem, Task<TResult>> work, MapOptions options) =>
        pool.ForEachAsync<TItem>(source, (Func<TItem, Task>)work, options, default);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Func{TItem, CancellationToken, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TItem, TResult>(
        this WorkerPool pool, IEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work) =>
        pool.ForEachAsync<TItem>(source, (Func<TItem, CancellationToken, Task>)work, null, default);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Func{TItem, CancellationToken, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TItem, TResult>(
        this WorkerPool pool,
        IEnumerable<TItem> source,
        Func<TItem, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.ForEachAsync<TItem>(source, (Func<TItem, CancellationToken, Task>)work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IEnumerable{TItem}, Func{TItem, CancellationToken, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TItem, TResult>(
        this WorkerPool pool, IEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work, MapOptions options) =>
        pool.ForEachAsync<TItem>(source, (Func<TItem, CancellationToken, Task>)work, options, default);

    /// <inheritdoc cref="WorkerPool{TState}.ForEachAsync{TItem}(IEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task<TResult>> work) =>
        pool.ForEachAsync<TItem>(source, (Func<TState, TItem, CancellationToken, Task>)work, null, default);

    /// <inheritdoc cref="WorkerPool{TState}.ForEachAsync{TItem}(IEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IEnumerable<TItem> source,
        Func<TState, TItem, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.ForEachAsync<TItem>(source, (Func<TState, TItem, CancellationToken, Task>)work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool{TState}.ForEachAsync{TItem}(IEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IEnumerable<TItem> source,
        Func<TState, TItem, CancellationToken, Task<TResult>> work,
        MapOptions options) =>
        pool.ForEachAsync<TItem>(source, (Func<TState, TItem, CancellationToken, Task>)work, options, default);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IAsyncEnumerable{TItem}, Func{TItem, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TItem, TResult>(
        this WorkerPool pool, IAsyncEnumerable<TItem> source, Func<TItem, Task<TResult>> work) =>
        pool.ForEachAsync<TItem>(source, (Func<TItem, Task>)work, null, default);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IAsyncEnumerable{TItem}, Func{TItem, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TItem, TResult>(
        this WorkerPool pool, IAsyncEnumerable<TItem> source, Func<TItem, Task<TResult>> work, CancellationToken cancellationToken) =>
        pool.ForEachAsync<TItem>(source, (Func<TItem, Task>)work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IAsyncEnumerable{TItem}, Func{TItem, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TItem, TResult>(
        this WorkerPool pool, IAsyncEnumerable<TItem> source, Func<TItem, Task<TResult>> work, MapOptions options) =>
        pool.ForEachAsync<TItem>(source, (Func<TItem, Task>)work, options, default);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IAsyncEnumerable{TItem}, Func{TItem, CancellationToken, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TItem, TResult>(
        this WorkerPool pool, IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work) =>
        pool.ForEachAsync<TItem>(source, (Func<TItem, CancellationToken, Task>)work, null, default);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IAsyncEnumerable{TItem}, Func{TItem, CancellationToken, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TItem, TResult>(
        this WorkerPool pool,
        IAsyncEnumerable<TItem> source,
        Func<TItem, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.ForEachAsync<TItem>(source, (Func<TItem, CancellationToken, Task>)work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool.ForEachAsync{TItem}(IAsyncEnumerable{TItem}, Func{TItem, CancellationToken, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TItem, TResult>(
        this WorkerPool pool, IAsyncEnumerable<TItem> source, Func<TItem, CancellationToken, Task<TResult>> work, MapOptions options) =>
        pool.ForEachAsync<TItem>(source, (Func<TItem, CancellationToken, Task>)work, options, default);

    /// <inheritdoc cref="WorkerPool{TState}.ForEachAsync{TItem}(IAsyncEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IAsyncEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task<TResult>> work) =>
        pool.ForEachAsync<TItem>(source, (Func<TState, TItem, CancellationToken, Task>)work, null, default);

    /// <inheritdoc cref="WorkerPool{TState}.ForEachAsync{TItem}(IAsyncEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IAsyncEnumerable<TItem> source,
        Func<TState, TItem, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.ForEachAsync<TItem>(source, (Func<TState, TItem, CancellationToken, Task>)work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool{TState}.ForEachAsync{TItem}(IAsyncEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IAsyncEnumerable<TItem> source,
        Func<TState, TItem, CancellationToken, Task<TResult>> work,
        MapOptions options) =>
        pool.ForEachAsync<TItem>(source, (Func<TState, TItem, CancellationToken, Task>)work, options, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TState, TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work) =>
        pool.MapAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TState, TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IEnumerable<TItem> source,
        Func<TState, TItem, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.MapAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool{TState}.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TState, TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work, MapOptions options) =>
        pool.MapAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TState, TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TState, TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IEnumerable<TItem> source,
        Func<TState, TItem, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool{TState}.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TState, TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work, MapOptions options) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool{TState}.ForEachAsync{TItem}(IEnumerable{TItem}, Func{TState, TItem, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work) =>
        pool.ForEachAsync<TItem>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool{TState}.ForEachAsync{TItem}(IEnumerable{TItem}, Func{TState, TItem, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IEnumerable<TItem> source,
        Func<TState, TItem, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.ForEachAsync<TItem>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool{TState}.ForEachAsync{TItem}(IEnumerable{TItem}, Func{TState, TItem, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work, MapOptions options) =>
        pool.ForEachAsync<TItem>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task<TResult>> work) =>
        pool.MapAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IEnumerable<TItem> source,
        Func<TState, TItem, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.MapAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool{TState}.MapAsync{TItem, TResult}(IEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IEnumerable<TItem> source,
        Func<TState, TItem, CancellationToken, Task<TResult>> work,
        MapOptions options) =>
        pool.MapAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task<TResult>> work) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IEnumerable<TItem> source,
        Func<TState, TItem, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool{TState}.MapResultsAsync{TItem, TResult}(IEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IEnumerable<TItem> source,
        Func<TState, TItem, CancellationToken, Task<TResult>> work,
        MapOptions options) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TState, TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IAsyncEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work) =>
        pool.MapAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TState, TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IAsyncEnumerable<TItem> source,
        Func<TState, TItem, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.MapAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool{TState}.MapAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TState, TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IAsyncEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work, MapOptions options) =>
        pool.MapAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapResultsAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TState, TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IAsyncEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapResultsAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TState, TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IAsyncEnumerable<TItem> source,
        Func<TState, TItem, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool{TState}.MapResultsAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TState, TItem, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IAsyncEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work, MapOptions options) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool{TState}.ForEachAsync{TItem}(IAsyncEnumerable{TItem}, Func{TState, TItem, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IAsyncEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work) =>
        pool.ForEachAsync<TItem>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool{TState}.ForEachAsync{TItem}(IAsyncEnumerable{TItem}, Func{TState, TItem, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IAsyncEnumerable<TItem> source,
        Func<TState, TItem, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.ForEachAsync<TItem>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool{TState}.ForEachAsync{TItem}(IAsyncEnumerable{TItem}, Func{TState, TItem, Task}, MapOptions?, CancellationToken)"/>
    public static Task ForEachAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IAsyncEnumerable<TItem> source, Func<TState, TItem, Task<TResult>> work, MapOptions options) =>
        pool.ForEachAsync<TItem>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IAsyncEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task<TResult>> work) =>
        pool.MapAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IAsyncEnumerable<TItem> source,
        Func<TState, TItem, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.MapAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool{TState}.MapAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<TResult> MapAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IAsyncEnumerable<TItem> source,
        Func<TState, TItem, CancellationToken, Task<TResult>> work,
        MapOptions options) =>
        pool.MapAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapResultsAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool, IAsyncEnumerable<TItem> source, Func<TState, TItem, CancellationToken, Task<TResult>> work) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, default);

    /// <inheritdoc cref="WorkerPool{TState}.MapResultsAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IAsyncEnumerable<TItem> source,
        Func<TState, TItem, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool{TState}.MapResultsAsync{TItem, TResult}(IAsyncEnumerable{TItem}, Func{TState, TItem, CancellationToken, Task{TResult}}, MapOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<WorkResult<TResult>> MapResultsAsync<TState, TItem, TResult>(
        this WorkerPool<TState> pool,
        IAsyncEnumerable<TItem> source,
        Func<TState, TItem, CancellationToken, Task<TResult>> work,
        MapOptions options) =>
        pool.MapResultsAsync<TItem, TResult>(source, work, options, default);

    /// <inheritdoc cref="WorkerPool{TState}.RunAsync{TArgument, TResult}(Func{TState, TArgument, CancellationToken, Task{TResult}}, TArgument, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TState, TArgument, TResult>(
        this WorkerPool<TState> pool, Func<TState, TArgument, CancellationToken, Task<TResult>> work, TArgument argument) =>
        pool.RunAsync<TArgument, TResult>(work, argument, null, default);

    /// <inheritdoc cref="WorkerPool{TState}.RunAsync{TArgument, TResult}(Func{TState, TArgument, CancellationToken, Task{TResult}}, TArgument, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TState, TArgument, TResult>(
        this WorkerPool<TState> pool,
        Func<TState, TArgument, CancellationToken, Task<TResult>> work,
        TArgument argument,
        CancellationToken cancellationToken) =>
        pool.RunAsync<TArgument, TResult>(work, argument, null, cancellationToken);

    /// <inheritdoc cref="WorkerPool{TState}.RunAsync{TArgument, TResult}(Func{TState, TArgument, CancellationToken, Task{TResult}}, TArgument, WorkOptions?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TState, TArgument, TResult>(
        this WorkerPool<TState> pool,
        Func<TState, TArgument, CancellationToken, Task<TResult>> work,
        TArgument argument,
        WorkOptions options) =>
        pool.RunAsync<TArgument, TResult>(work, argument, options, default);
}
