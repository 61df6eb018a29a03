using System.Numerics;

namespace Tandem.Serialization;

/// <summary>
/// Values of type <see cref="BigInteger"/>, as bytes in two's complement. Their fields differ between versions of .NET: since .NET 11 they
/// contain words of the size of an address, which no other value may contain.
/// </summary>
internal sealed class BigIntegerCodec : Codec<BigInteger>
{
    internal override int MinimumSize => sizeof(int) + 1;

    internal override unsafe void Write(PayloadWriter writer, BigInteger value)
    {
        int size = value.GetByteCount();
        writer.Write(size);
        value.TryWriteBytes(new Span<byte>(writer.Reserve(size), size), out _);
    }

    internal override unsafe BigInteger Read(PayloadReader reader)
    {
        int size = reader.ReadCount(1);
        return new BigInteger(new ReadOnlySpan<byte>(reader.Take(size), size));
    }
}
