namespace Tandem.Mapping;

/// <summary>The source of a map, synchronous or asynchronous. One reader enumerates it once; calls do not overlap.</summary>
internal abstract class ItemSource<T>
{
    internal abstract T Current { get; }

    internal abstract ValueTask<bool> MoveNextAsync();

    internal abstract ValueTask DisposeAsync();

    internal static ItemSource<T> Of(IEnumerable<T> source) => new Synchronous(source);

    internal static ItemSource<T> Of(IAsyncEnumerable<T> source, CancellationToken cancellation) => new Asynchronous(source, cancellation);

    private sealed class Synchronous(IEnumerable<T> source) : ItemSource<T>
    {
        private IEnumerator<T>? _enumerator;

        internal override T Current => _enumerator!.Current;

        internal override ValueTask<bool> MoveNextAsync() => new((_enumerator ??= source.GetEnumerator()).MoveNext());

        internal override ValueTask DisposeAsync()
        {
            _enumerator?.Dispose();
            return default;
        }
    }

    private sealed class Asynchronous(IAsyncEnumerable<T> source, CancellationToken cancellation) : ItemSource<T>
    {
        private IAsyncEnumerator<T>? _enumerator;

        internal override T Current => _enumerator!.Current;

        internal override ValueTask<bool> MoveNextAsync() => (_enumerator ??= source.GetAsyncEnumerator(cancellation)).MoveNextAsync();

        internal override ValueTask DisposeAsync() => _enumerator?.DisposeAsync() ?? default;
    }
}
