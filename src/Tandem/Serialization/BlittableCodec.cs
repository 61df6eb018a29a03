using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>Values without references, pointers or handles: copied as they lie in memory.</summary>
internal sealed unsafe class BlittableCodec<T> : Codec<T>
{
    internal override int MinimumSize => Unsafe.SizeOf<T>();

    internal override bool IsBlittable => true;

    internal override void Write(PayloadWriter writer, T value) => Unsafe.WriteUnaligned(writer.Reserve(Unsafe.SizeOf<T>()), value);

    internal override T Read(PayloadReader reader) => Unsafe.ReadUnaligned<T>(reader.Take(Unsafe.SizeOf<T>()));
}
