namespace Tandem.Serve.Worker;

/// <summary>What gives the server its connections.</summary>
internal interface IConnectionKeeper
{
    /// <summary>Gives the server a connection once more that it was done with.</summary>
    bool TryServeAgain(TrackedConnection connection);
}
