namespace Tandem.Tests.Infrastructure;

/// <summary>A stream that does not travel: only the framework's own <see cref="MemoryStream"/> does.</summary>
public sealed class LocalMemoryStream : MemoryStream
{
    public LocalMemoryStream()
    {
    }

    public LocalMemoryStream(byte[] buffer)
        : base(buffer)
    {
    }
}
