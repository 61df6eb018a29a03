namespace Tandem.Serve.Listening;

/// <summary>A socket that this process inherited.</summary>
/// <param name="Descriptor">The socket.</param>
/// <param name="IsOurs">
/// Whether a supervisor opened it. Otherwise a service manager did; then the socket's file belongs to that one, too.
/// </param>
/// <param name="Key">The key of the listener: what a worker asked for; empty if no worker has asked for it yet.</param>
internal sealed record InheritedListener(int Descriptor, bool IsOurs, string Key);
