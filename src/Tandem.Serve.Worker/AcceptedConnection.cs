using System.Net.Sockets;

namespace Tandem.Serve.Worker;

/// <summary>What a listener gives to the server: a socket that was accepted, or a connection that it serves once more.</summary>
internal readonly record struct AcceptedConnection(Socket? Socket, TrackedConnection? Former = null);
