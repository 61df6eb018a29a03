namespace Tandem.Serve.Protocol;

/// <summary>The states of a worker. A worker only moves down this list.</summary>
internal enum WebWorkerState : long
{
    /// <summary>The entry belongs to no worker.</summary>
    None,

    /// <summary>The application is starting.</summary>
    Starting,

    /// <summary>It could serve, but does not accept connections: a spare, or a worker that is being checked.</summary>
    Ready,

    /// <summary>It accepts connections.</summary>
    Accepting,

    /// <summary>It no longer accepts connections, and exits when those that it has are done.</summary>
    Draining,
}
