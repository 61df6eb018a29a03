namespace Tandem.Serve.Listening;

/// <summary>What is at the path of a socket.</summary>
internal enum SocketFileState
{
    /// <summary>The socket's file.</summary>
    There,

    /// <summary>Nothing.</summary>
    Gone,

    /// <summary>Another file.</summary>
    Replaced,
}
