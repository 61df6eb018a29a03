using System.Net;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>An accepted connection that may belong to another worker.</summary>
/// <param name="Descriptor">The socket's descriptor.</param>
/// <param name="Remote">The client's address; null if the kernel did not return it.</param>
/// <param name="Source">The object that accepted it.</param>
internal readonly record struct UnroutedConnection(int Descriptor, EndPoint? Remote, IConnectionSource Source);
