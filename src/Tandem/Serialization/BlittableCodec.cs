using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>Values without references, pointers or handles: copied as they lie in memory.</summary>
internal sealed unsafe class BlittableCodec<T> : Codec<T>
{
    /// <summary>
    /// Writes values that are compared by their bytes. The bytes between the fields of a structure have any value, and equal structures may
    /// differ in them. Null until it is needed, and where bytes are all that is known of a value.
    /// </summary>
    private Codec<T>? _byFields;

    internal override int MinimumSize => Unsafe.SizeOf<T>();

    internal override bool IsBlittable => true;

    internal override void Write(PayloadWriter writer, T value)
    {
        // The JIT drops this for numbers, which have nothing between their fields.
        if (!typeof(T).IsPrimitive && writer.Copies is not null && (_byFields ??= StructCodecs.TryMakeByFields(typeof(T)) as Codec<T>) is { } byFields)
            byFields.Write(writer, value);
        else
            Unsafe.WriteUnaligned(writer.Reserve(Unsafe.SizeOf<T>()), value);
    }

    internal override T Read(PayloadReader reader) => Unsafe.ReadUnaligned<T>(reader.Take(Unsafe.SizeOf<T>()));
}
