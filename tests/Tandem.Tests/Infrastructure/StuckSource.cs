using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Tandem.Tests.Infrastructure;

/// <summary>A source that gives some items and then nothing, and ignores its token, until it is let go.</summary>
internal sealed class StuckSource(int items) : IEnumerable<int>, IAsyncEnumerable<int>
{
    private readonly TaskCompletionSource _letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What it throws when it is let go, from <c>MoveNext</c>; null for its ordinary end.</summary>
    internal Exception? Error { get; init; }

    /// <summary>What its disposal throws.</summary>
    internal Exception? DisposalError { get; init; }

    internal Task Disposed => _disposed.Task;

    /// <summary>Completes when the reader has taken all items and waits for the next.</summary>
    internal Task Waiting => _waiting.Task;

    internal void LetGo() => _letGo.TrySetResult();

    public IEnumerator<int> GetEnumerator()
    {
        try
        {
            for (int i = 0; i < items; i++)
                yield return i;

            _waiting.TrySetResult();
            _letGo.Task.Wait();
            if (Error is not null)
                throw Error;
        }
        finally
        {
            End();
        }
    }

    public async IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        try
        {
            for (int i = 0; i < items; i++)
                yield return i;

            _waiting.TrySetResult();
            await _letGo.Task;
            if (Error is not null)
                throw Error;
        }
        finally
        {
            End();
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    [SuppressMessage("Usage", "CA2219", Justification = "That is what is tested.")]
    private void End()
    {
        _disposed.TrySetResult();
        if (DisposalError is not null)
            throw DisposalError;
    }
}
