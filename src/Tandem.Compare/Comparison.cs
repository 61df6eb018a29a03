using Tandem.Compare.Running;

namespace Tandem.Compare;

/// <summary>Measures work on threads, in processes, and in processes × threads, and recommends one of them.</summary>
/// <remarks>
/// Each run has its own process, which contains the measured pool. So the work and its items must be serializable, as for a pool of
/// processes. Linux only.
/// </remarks>
public static class Comparison
{
    /// <summary>Compares configurations of workers that run work on items.</summary>
    /// <typeparam name="TItem">The type of the items.</typeparam>
    /// <typeparam name="TResult">The type of the results, which are returned to the caller as in any pool.</typeparam>
    /// <param name="items">The items. If there are many, only a part of them is measured; if there are few, they are repeated.</param>
    /// <param name="work">The work on one item. It runs many times for each item.</param>
    /// <param name="options">What is compared, how often, and for how long; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the comparison with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ComparisonException">There are no items, all of them fail, or they take too long.</exception>
    /// <exception cref="WorkSerializationException">The work or its items cannot be serialized.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static Task<ComparisonResult> RunAsync<TItem, TResult>(
        IEnumerable<TItem> items,
        Func<TItem, TResult> work,
        ComparisonOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return RunAsync(new DelegateWorkload<TItem, TResult>(Mixed(items), work, null), options, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, ComparisonOptions?, CancellationToken)"/>
    public static Task<ComparisonResult> RunAsync<TItem, TResult>(
        IEnumerable<TItem> items,
        Func<TItem, Task<TResult>> work,
        ComparisonOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return RunAsync(new DelegateWorkload<TItem, TResult>(Mixed(items), null, work), options, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, ComparisonOptions?, CancellationToken)"/>
    public static Task<ComparisonResult> RunAsync<TItem>(
        IEnumerable<TItem> items, Action<TItem> work, ComparisonOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        Func<TItem, bool> returning = item =>
        {
            work(item);
            return true;
        };
        return RunAsync(items, returning, options, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync{TItem, TResult}(IEnumerable{TItem}, Func{TItem, TResult}, ComparisonOptions?, CancellationToken)"/>
    public static Task<ComparisonResult> RunAsync<TItem>(
        IEnumerable<TItem> items, Func<TItem, Task> work, ComparisonOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        Func<TItem, Task<bool>> returning = async item =>
        {
            await work(item).ConfigureAwait(false);
            return true;
        };
        return RunAsync(items, returning, options, cancellationToken);
    }

    internal static Task<ComparisonResult> RunAsync(Workload workload, ComparisonOptions? options, CancellationToken cancellationToken)
    {
        options ??= new ComparisonOptions();
        options.Validate();
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException(
                "A comparison reads data about processes that only Linux provides, so it does not run on this system.");
        }

        if (workload.Count == 0)
            throw new ComparisonException("There are no items to run the work on.");

        return new Campaign(workload, options, cancellationToken).RunAsync();
    }

    private static TItem[] Mixed<TItem>(IEnumerable<TItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return Workload.Mix(items);
    }
}
