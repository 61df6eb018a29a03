using System.Numerics;
using System.Runtime.CompilerServices;

namespace Tandem.Tests.Serialization;

public class PlainValueTests
{
    public static TheoryData<object> Values => new()
    {
        true, (byte)200, (sbyte)-3, (short)-300, (ushort)60000, 'ü', int.MinValue, uint.MaxValue, long.MinValue, ulong.MaxValue,
        1.5f, double.NaN, decimal.MinValue, Half.MaxValue, Int128.MinValue, UInt128.MaxValue,
        Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e"),
        new DateTime(2024, 2, 29, 1, 2, 3, DateTimeKind.Utc), new DateTimeOffset(2024, 2, 29, 1, 2, 3, TimeSpan.FromHours(-3)),
        TimeSpan.FromTicks(-7), new DateOnly(2024, 2, 29), new TimeOnly(23, 59), Colour.Green, DayOfWeek.Friday, new Point(3, -0.0),
        new Index(3, true), 1..^2, new Complex(1, -2), BigInteger.Pow(-7, 100), new Vector3(1, 2, 3), new System.Text.Rune(0x1F600),
        "", "text", "\ud800 lone", new string('x', 100_000),
        new Labelled("a", 1), new Labelled(null, 2), (1, "two"), (1, 2), Tuple.Create(1, "two", 3.0), new KeyValuePair<string, int>("k", 1),
        new Version(1, 2, 3, 4), new { Name = "anonymous", Value = 3 }, default(Empty), System.Threading.CancellationToken.None,
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_arrives_equal_boxed_typed_nullable_and_in_arrays(object value) =>
        new Check(value).Run();

    [Fact]
    public void Null_arrives_as_null()
    {
        Assert.Null(Wire.RoundTrip<string?>(null));
        Assert.Null(Wire.RoundTrip<object?>(null));
        Assert.Null(Wire.RoundTrip<int?>(null));
        Assert.Null(Wire.RoundTrip<Labelled?>(null));
        Assert.Null(Wire.RoundTrip<int[]?>(null));
        Assert.Null(Wire.RoundTrip<IShape?>(null));
        Assert.Null(Wire.RoundTrip<Stream?>(null));
        Assert.Null(Wire.RoundTrip<Task?>(null));
    }

    [Fact]
    public void A_union_keeps_its_bits() => Assert.Equal(1.5f, Wire.RoundTrip(new Either { Fraction = 1.5f }).Fraction);

    [Fact]
    public void An_inline_array_of_numbers_keeps_its_elements()
    {
        var four = default(Four);
        four[3] = 9;
        Assert.Equal(9, Wire.RoundTrip(four)[3]);
    }

    /// <summary>Its fields are not part of the format: they differ between versions of .NET.</summary>
    [Fact]
    public void A_BigInteger_is_sent_as_its_bytes_in_two_s_complement()
    {
        foreach (BigInteger number in (BigInteger[])[0, 1, -1, 127, 128, -128, -129, int.MinValue, uint.MaxValue, ulong.MaxValue, BigInteger.Pow(-7, 1000), BigInteger.One << 100_000])
        {
            Assert.Equal(number, Wire.RoundTrip(number));
            Assert.Equal(sizeof(int) + number.GetByteCount(), Wire.Write(number).Length);
        }
    }

    [Fact]
    public void A_small_value_takes_no_more_than_its_size()
    {
        Assert.Equal(4, Wire.Write(1).Length);
        Assert.Equal(4 + 6, Wire.Write("abc").Length);
        Assert.Equal(1 + 4 + 3, Wire.Write(new byte[3]).Length);
    }

    [InlineArray(4)]
    public struct Four
    {
        private int _first;
    }

    /// <summary>Leads from an object to its type.</summary>
    private sealed class Check(object value)
    {
        internal void Run() =>
            GetType().GetMethod(nameof(Typed), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
                .MakeGenericMethod(value.GetType()).Invoke(null, [value]);

        private static void Typed<T>(T value)
        {
            Assert.Equal(value, Wire.RoundTrip(value));
            Assert.Equal(value, Wire.RoundTrip<object?>(value));
            Assert.Equal([value, value], Wire.RoundTrip<T[]>([value, value]));
            Assert.Equal([value, value], Wire.RoundTrip<List<T>>([value, value]));
            Assert.Equal([value], Wire.RoundTrip<IReadOnlyList<T>>([value]));
            Assert.Equal((value, 1), Wire.RoundTrip((value, 1)));
        }
    }
}
