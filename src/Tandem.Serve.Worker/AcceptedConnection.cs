using System.Net.Sockets;

namespace Tandem.Serve.Worker;

/// <summary>What a listener passes to the server: an accepted socket, or a connection that is served again.</summary>
internal readonly record struct AcceptedConnection(Socket? Socket, TrackedConnection? Existing = null);
