namespace Tandem.Serve.Worker;

/// <summary>A source of the server's connections.</summary>
internal interface IConnectionKeeper
{
    /// <summary>Passes a connection to the server again, after the server had finished with it.</summary>
    bool TryServeAgain(TrackedConnection connection);
}
