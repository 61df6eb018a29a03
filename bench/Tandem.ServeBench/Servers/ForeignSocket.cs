namespace Tandem.ServeBench.Servers;

/// <summary>A socket of another process.</summary>
/// <param name="LocalPort">Its own port.</param>
/// <param name="PeerPort">The port of the other end; 0 where there is none.</param>
/// <param name="Listens">Whether connections are accepted from it.</param>
internal readonly record struct ForeignSocket(int LocalPort, int PeerPort, bool Listens);
