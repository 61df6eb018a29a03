using System.Globalization;

namespace Tandem.Serialization;

/// <summary>
/// Values of a fixed list of types, and arrays of them: numbers, texts, times, <see cref="Guid"/>, enumerations. The number of the type is
/// written, so that reading them needs no type but those of this list, and runs no code of the program.
/// </summary>
internal static class SimpleValues
{
    private const byte Null = 0;
    private const byte OfEnum = 254;
    private const byte ArrayBit = 128;

    // Both processes run the same build, so that the order has no meaning beyond one call.
    private static readonly Type[] Types =
    [
        typeof(string), typeof(bool), typeof(char), typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint),
        typeof(long), typeof(ulong), typeof(float), typeof(double), typeof(decimal), typeof(Half), typeof(Int128), typeof(UInt128),
        typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan), typeof(Guid),
    ];

    /// <summary>Whether values of a type may be keys: arrays compare by reference.</summary>
    internal static bool IsKey(object value) => value.GetType().IsEnum || Array.IndexOf(Types, value.GetType()) >= 0;

    /// <summary>Whether a type is an array of these types.</summary>
    internal static bool IsSimpleArray(Type type) => type.IsSZArray && Array.IndexOf(Types, type.GetElementType()) >= 0;

    /// <summary>Writes a value; false if it is not of one of these types, and then nothing is written.</summary>
    internal static bool TryWrite(PayloadWriter writer, object? value)
    {
        if (value is null)
        {
            writer.Write(Null);
            return true;
        }

        Type type = value.GetType();
        if (type.IsEnum)
            return TryWriteEnum(writer, (Enum)value, type);

        bool isArray = type.IsSZArray;
        int index = Array.IndexOf(Types, isArray ? type.GetElementType() : type);
        if (index < 0)
            return false;

        writer.Write((byte)(index + 1 + (isArray ? ArrayBit : 0)));
        Codec.For(type).WriteObject(writer, value);
        return true;
    }

    /// <summary>Reads what <see cref="TryWrite"/> wrote. An enumeration that this process does not have arrives as its text.</summary>
    internal static object? Read(PayloadReader reader)
    {
        byte kind = reader.Read<byte>();
        if (kind == Null)
            return null;

        if (kind == OfEnum)
            return ReadEnum(reader);

        bool isArray = (kind & ArrayBit) != 0;
        int index = (kind & ~ArrayBit) - 1;
        if ((uint)index >= (uint)Types.Length)
            throw new PayloadCorruptException($"a simple value of kind {kind}");

        return Codec.For(isArray ? Types[index].MakeArrayType() : Types[index]).ReadObject(reader);
    }

    private static bool TryWriteEnum(PayloadWriter writer, Enum value, Type type)
    {
        nint start = writer.Length;
        ReferenceTable.State mark = writer.References.Mark();
        writer.Write(OfEnum);
        writer.WriteString(value.ToString());
        writer.Write(
            value.GetTypeCode() == TypeCode.UInt64
                ? unchecked((long)Convert.ToUInt64(value, CultureInfo.InvariantCulture))
                : Convert.ToInt64(value, CultureInfo.InvariantCulture));
        if (TypeNames.TryWrite(writer, type))
            return true;

        writer.Truncate(start);
        writer.References.Restore(mark);
        return false;
    }

    private static object ReadEnum(PayloadReader reader)
    {
        string text = reader.ReadString() ?? throw new PayloadCorruptException("an enumeration without a text");
        long value = reader.Read<long>();
        return TypeNames.ReadOrNull(reader, out _) is { IsEnum: true, ContainsGenericParameters: false } type
            ? Enum.ToObject(type, value) : text;
    }
}
