using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>Values without references, pointers or handles: copied byte by byte.</summary>
internal sealed unsafe class BlittableCodec<T> : Codec<T>
{
    /// <summary>
    /// Writes values that are compared by their bytes: padding between the fields of a structure has arbitrary values, so equal
    /// structures may differ in it. Null until it is needed, and for types whose fields do not describe the whole value.
    /// </summary>
    private Codec<T>? _byFields;

    internal override int MinimumSize => Unsafe.SizeOf<T>();

    internal override bool IsBlittable => true;

    internal override void Write(PayloadWriter writer, T value)
    {
        // The JIT removes this branch for primitive types, which have no padding.
        if (!typeof(T).IsPrimitive && writer.Copies is not null
            && (_byFields ??= StructCodecs.TryMakeByFields(typeof(T)) as Codec<T>) is { } byFields)
            byFields.Write(writer, value);
        else
            Unsafe.WriteUnaligned(writer.Reserve(Unsafe.SizeOf<T>()), value);
    }

    internal override T Read(PayloadReader reader) => Unsafe.ReadUnaligned<T>(reader.Take(Unsafe.SizeOf<T>()));
}
