namespace Tandem.Serve.Workers;

/// <summary>Lets planned operations (reload, scaling, recycling) take turns, so that at most one is in progress.</summary>
/// <param name="stop">Cancelled when the supervisor stops: no operation begins any more.</param>
internal sealed class OperationTurns(CancellationToken stop) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1); // held by the operation in progress

    /// <summary>Whether no operation is in progress at this moment.</summary>
    internal bool IsFree => _turn.CurrentCount > 0;

    /// <summary>Waits for the operation's turn. <see cref="Leave"/> ends it.</summary>
    /// <exception cref="OperationCanceledException">The supervisor is stopping.</exception>
    internal Task EnterAsync() => _turn.WaitAsync(stop);

    internal void Leave() => _turn.Release();

    /// <summary>Waits for the operation in progress. No operation may begin later.</summary>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _turn.Dispose();
    }
}
