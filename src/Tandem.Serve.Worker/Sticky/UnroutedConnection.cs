using System.Net;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>A connection that was accepted, and may be another worker's.</summary>
/// <param name="Descriptor">Its descriptor.</param>
/// <param name="Remote">Who is at the other end, as far as the kernel has said it; null where it has not.</param>
/// <param name="Source">What has accepted it.</param>
internal readonly record struct UnroutedConnection(int Descriptor, EndPoint? Remote, IConnectionSource Source);
