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

        if (type.FullName == "System.Numerics.BigInteger")
            return MakeBigInteger();

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

    // Separate, so that System.Runtime.Numerics is loaded only if it is used.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static BigIntegerCodec MakeBigInteger() => new();

    private static Codec Close(Type codec, Type argument, params object[] arguments) =>
        (Codec)Activator.CreateInstance(
            codec.MakeGenericType(argument), BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, arguments, null)!;
}
