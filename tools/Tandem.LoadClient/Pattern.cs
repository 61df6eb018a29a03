namespace Tandem.LoadClient;

/// <summary>
/// Bytes that both ends of a connection can compute, so that a body that was cut, shifted or mixed with another is noticed.
/// The application under test compiles this file too, since it may not refer to anything of Tandem's.
/// </summary>
internal static class Pattern
{
    internal const int Period = 1 << 20;

    private static readonly byte[] Bytes = Make();

    /// <summary>As many bytes as follow an offset within one period, and at most so many.</summary>
    internal static ReadOnlyMemory<byte> At(long offset, long length)
    {
        int start = (int)(offset % Period);
        return Bytes.AsMemory(start, (int)Math.Min(length, Period - start));
    }

    // A multiplicative hash: neighbouring offsets have unrelated bytes, so that no shift looks like the original.
    private static byte[] Make()
    {
        byte[] bytes = new byte[Period];
        for (uint i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)((i * 2654435761u) >> 24);

        return bytes;
    }
}
