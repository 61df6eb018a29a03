using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>The types without parts. Bits that no value of the type has are refused.</summary>
internal static class ClosedLeaves
{
    private static readonly Dictionary<Type, ClosedType> Known = Make();

    internal static ClosedType? Find(Type type) => Known.GetValueOrDefault(type);

    /// <summary>Whether hashing and comparing values runs no code of the program, so that they may be keys.</summary>
    internal static bool IsKey(Type type) => Known.ContainsKey(type) || type.IsEnum;

    private static Dictionary<Type, ClosedType> Make()
    {
        var known = new Dictionary<Type, ClosedType>();
        Any<byte>();
        Any<sbyte>();
        Any<short>();
        Any<ushort>();
        Any<char>();
        Any<int>();
        Any<uint>();
        Any<long>();
        Any<ulong>();
        Any<float>();
        Any<double>();
        Any<Half>();
        Any<Int128>();
        Any<UInt128>();
        Any<Guid>();
        Any<TimeSpan>();
        Add<bool>(1, static (writer, value) => writer.Write(value ? (byte)1 : (byte)0), static reader => reader.Read<byte>() switch
        {
            0 => false,
            1 => true,
            byte bits => throw new PayloadCorruptException($"a Boolean of {bits}"),
        });
        Add<string?>(sizeof(int), static (writer, value) => writer.WriteString(value), static reader => reader.ReadString());
        Add<decimal>(
            4 * sizeof(int),
            static (writer, value) =>
            {
                foreach (int part in decimal.GetBits(value))
                    writer.Write(part);
            },
            static reader => Checked(
                static bits => new decimal(bits),
                new[] { reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32() }));
        Add<DateTime>(sizeof(long) + 1, WriteTime, ReadTime);
        Add<DateTimeOffset>(
            sizeof(long) + sizeof(short),
            static (writer, value) =>
            {
                writer.Write(value.Ticks);
                writer.Write((short)value.TotalOffsetMinutes);
            },
            static reader => Checked(
                static s => new DateTimeOffset(s.Ticks, TimeSpan.FromMinutes(s.Offset)),
                (Ticks: reader.Read<long>(), Offset: reader.Read<short>())));
        Add<DateOnly>(
            sizeof(int), static (writer, value) => writer.Write(value.DayNumber),
            static reader => Checked(DateOnly.FromDayNumber, reader.ReadInt32()));
        Add<TimeOnly>(
            sizeof(long), static (writer, value) => writer.Write(value.Ticks),
            static reader => Checked(static ticks => new TimeOnly(ticks), reader.Read<long>()));
        return known;

        void Add<T>(int size, Action<PayloadWriter, T> write, Func<ClosedReader, T> read) =>
            known.Add(typeof(T), new ClosedLeaf<T>(size, write, read));

        void Any<T>()
            where T : unmanaged =>
            Add(Unsafe.SizeOf<T>(), static (writer, value) => writer.Write(value), static reader => reader.Read<T>());
    }

    private static void WriteTime(PayloadWriter writer, DateTime value)
    {
        writer.Write(value.Ticks);
        writer.Write((byte)value.Kind);
    }

    private static DateTime ReadTime(ClosedReader reader) =>
        Checked(static s => new DateTime(s.Ticks, (DateTimeKind)s.Kind), (Ticks: reader.Read<long>(), Kind: reader.Read<byte>()));

    /// <summary>The framework's own checks decide.</summary>
    private static T Checked<TState, T>(Func<TState, T> make, TState state)
    {
        try
        {
            return make(state);
        }
        catch (ArgumentException e)
        {
            throw new PayloadCorruptException($"invalid bits of a {typeof(T).Name}", e);
        }
    }
}
