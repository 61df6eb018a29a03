using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tandem.Serialization;

/// <summary>Creates the codecs of structs that cannot simply be copied.</summary>
internal static class StructCodecs
{
    internal static Codec Make(Type type)
    {
        if (type == typeof(CancellationToken))
            return new CancellationTokenCodec();

        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Close(typeof(NullableCodec<>), underlying);

        if (Refusals.For(type) is { } reason)
            return Close(typeof(RefusedCodec<>), type, reason);

        if (type.IsConstructedGenericType)
        {
            Type definition = type.GetGenericTypeDefinition();
            if (definition == typeof(Memory<>))
                return Close(typeof(MemoryCodec<>), type.GenericTypeArguments[0]);

            if (definition == typeof(ReadOnlyMemory<>))
                return Close(typeof(ReadOnlyMemoryCodec<>), type.GenericTypeArguments[0]);

            if (definition == typeof(ArraySegment<>))
                return Close(typeof(ArraySegmentCodec<>), type.GenericTypeArguments[0]);
        }

        if (TypeChecks.DefinitionName(type) == "System.Collections.Immutable.ImmutableArray`1")
            return Close(typeof(ImmutableArrayCodec<>), type.GenericTypeArguments[0]);

        if (type.FullName == "System.Text.Json.JsonElement")
            return JsonShapes.MakeElementCodec();

        if (type.IsDefined(typeof(InlineArrayAttribute), false))
            return Close(typeof(RefusedCodec<>), type, "an inline array of references cannot be serialized; use an array");

        return Close(typeof(StructCodec<>), type);
    }

    /// <summary>
    /// Creates a codec that writes a structure field by field although its bytes could be copied. Null if the fields do not describe the
    /// whole structure: fixed-size buffers and inline arrays have one field for all their elements, and a structure with an explicit
    /// layout or size may have more bytes than fields.
    /// </summary>
    internal static Codec? TryMakeByFields(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Close(typeof(NullableCodec<>), underlying);

        return !BlittableTypes.IsCopiedWhole(type) && type.StructLayoutAttribute is { Value: not LayoutKind.Explicit, Size: 0 }
            && !type.IsDefined(typeof(InlineArrayAttribute), false)
                ? Close(typeof(StructCodec<>), type)
                : null;
    }

    private static Codec Close(Type codec, Type argument, params object[] arguments) =>
        (Codec)Activator.CreateInstance(
            codec.MakeGenericType(argument), BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, arguments, null)!;
}

/// <summary>Structs with references, by their fields.</summary>
internal sealed class StructCodec<T> : Codec<T>
{
    private readonly SerializationCallbacks? _callbacks;
    private readonly FieldPlan _plan;

    internal StructCodec()
    {
        _callbacks = SerializationCallbacks.Find(typeof(T));
        _plan = new FieldPlan(typeof(T), null, _callbacks);
    }

    // One byte if nothing is written, so that a false count of such structs cannot cause a large allocation.
    internal override int MinimumSize => Math.Max(1, _plan.MinimumSize);

    internal override void Write(PayloadWriter writer, T value)
    {
        if (_plan.Count == 0)
            writer.Write((byte)0);
        else
            WriteFields(writer, value!);
    }

    internal override T Read(PayloadReader reader)
    {
        object box = PlainShape.Make(typeof(T));
        _callbacks?.Deserializing(box);
        if (_plan.Count == 0)
            reader.Read<byte>();
        else
            _plan.Read(reader, box);

        // Immediately, because the value that is stored later is a copy.
        _callbacks?.Finish(box, null);
        return (T)box;
    }

    private void WriteFields(PayloadWriter writer, object box)
    {
        if (_callbacks is null)
            _plan.Write(writer, box);
        else
            _callbacks.Write(writer, box, _plan);
    }
}

/// <summary>Nullable structs that cannot simply be copied.</summary>
internal sealed class NullableCodec<T> : Codec<T?>
    where T : struct
{
    internal override int MinimumSize => 1;

    internal override void Write(PayloadWriter writer, T? value)
    {
        writer.Write((byte)(value.HasValue ? 1 : 0));
        if (value.HasValue)
            Codec<T>.Instance.Write(writer, value.GetValueOrDefault());
    }

    internal override T? Read(PayloadReader reader) => reader.Read<byte>() == 0 ? null : Codec<T>.Instance.Read(reader);
}

/// <summary>A struct that cannot be serialized.</summary>
internal sealed class RefusedCodec<T>(string reason) : Codec<T>
{
    internal override int MinimumSize => 1;

    internal override void Write(PayloadWriter writer, T value) => throw new WorkSerializationException(reason);

    internal override T Read(PayloadReader reader) =>
        throw new PayloadCorruptException($"{TypeChecks.WithArticle(typeof(T))}, which cannot be serialized");
}

/// <summary>A declared type that generic code cannot use, such as a pointer.</summary>
internal sealed class UnusableCodec(Type type) : Codec
{
    internal override int MinimumSize => 1;

    internal override void WriteObject(PayloadWriter writer, object? value) =>
        throw new WorkSerializationException(Refusals.ForUnusable(type));

    internal override object? ReadObject(PayloadReader reader) =>
        throw new PayloadCorruptException($"{TypeChecks.WithArticle(type)}, which cannot be serialized");
}
