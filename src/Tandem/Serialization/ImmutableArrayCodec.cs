using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Tandem.Serialization;

/// <summary>Immutable arrays. Two are equal if they share their array, so the empty one must stay the empty one.</summary>
internal sealed class ImmutableArrayCodec<T> : Codec<ImmutableArray<T>>
{
    private const byte Empty = 0;
    private const byte OfArray = 1;

    internal override int MinimumSize => 1;

    internal override void Write(PayloadWriter writer, ImmutableArray<T> value)
    {
        if (value == ImmutableArray<T>.Empty)
        {
            writer.Write(Empty);
            return;
        }

        writer.Write(OfArray);
        Codec<T[]?>.Instance.Write(writer, ImmutableCollectionsMarshal.AsArray(value));
    }

    internal override ImmutableArray<T> Read(PayloadReader reader) => reader.Read<byte>() switch
    {
        Empty => ImmutableArray<T>.Empty,
        OfArray => ImmutableCollectionsMarshal.AsImmutableArray(Codec<T[]?>.Instance.Read(reader)),
        byte kind => throw new PayloadCorruptException($"an immutable array of kind {kind}"),
    };
}
