namespace Tandem.Serve.Listening;

/// <summary>What the path of a socket names.</summary>
internal enum SocketFileState
{
    /// <summary>The socket.</summary>
    There,

    /// <summary>Nothing.</summary>
    Gone,

    /// <summary>Another file.</summary>
    Replaced,
}
