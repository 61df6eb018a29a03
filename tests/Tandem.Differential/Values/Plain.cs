using System.Globalization;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Text;
using static Tandem.Differential.Values.Some;

namespace Tandem.Differential.Values;

/// <summary>Numbers, texts, times and the like.</summary>
internal static class Plain
{
    internal static void AddTo(ValueList list)
    {
        list.Add("bool", r => r.Next(2) == 0);
        list.Add("byte", r => (byte)r.Next());
        list.Add("sbyte", r => (sbyte)r.Next());
        list.Add("short", r => (short)r.Next());
        list.Add("ushort", r => (ushort)r.Next());
        list.Add("int", r => Int(r));
        list.Add("uint", r => (uint)r.NextInt64());
        list.Add("long", r => r.NextInt64() * (r.Next(2) == 0 ? -1 : 1));
        list.Add("ulong", r => (ulong)r.NextInt64() * 2);
        list.Add("Int128", r => (Int128)r.NextInt64() * r.NextInt64());
        list.Add("UInt128", r => (UInt128)r.NextInt64() * 5);
        list.Add("Half", r => (Half)r.NextDouble());
        list.Add("float", r => r.Next(8) switch { 0 => float.NaN, 1 => float.NegativeInfinity, 2 => -0f, 3 => float.Epsilon, _ => r.NextSingle() });
        list.Add("double", r => r.Next(8) switch { 0 => double.NaN, 1 => double.PositiveInfinity, 2 => -0.0, 3 => double.Epsilon, _ => r.NextDouble() });
        list.Add("decimal", r => r.Next(5) switch { 0 => 1.0m, 1 => 1.00m, 2 => decimal.MinValue, 3 => -0.0m, _ => (decimal)r.NextDouble() });
        list.Add("char", r => (char)r.Next(0x10000));
        list.Add("Rune", r => new Rune(r.Next(0xD800)));
        list.Add("nint", r => (nint)r.Next(), "an address");
        list.Add("nuint", r => (nuint)r.Next(), "an address");
        list.Add("string", r => Text(r));
        list.Add("null string", r => r.Next(2) == 0 ? null : Text(r));
        list.Add("long string", r => new string('é', 70_000 + r.Next(9)));
        list.Add("enum", r => (DayOfWeek)r.Next(8));
        list.Add("enum of bytes", r => (Tiny)r.Next(4));
        list.Add("enum of longs", r => (Huge)r.NextInt64());
        list.Add("flags", r => (FileAttributes)r.Next(64));
        list.Add("DateTime", r => new DateTime(r.NextInt64(DateTime.MaxValue.Ticks), (DateTimeKind)r.Next(2)));
        list.Add("DateTime here", r => new DateTime(r.NextInt64(DateTime.MaxValue.Ticks / 2), DateTimeKind.Local));
        list.Add("DateTimeOffset", r => new DateTimeOffset(r.NextInt64(DateTime.MaxValue.Ticks / 2) + TimeSpan.TicksPerDay, TimeSpan.FromMinutes(r.Next(-800, 800))));
        list.Add("TimeSpan", r => new TimeSpan(r.NextInt64()));
        list.Add("DateOnly", r => DateOnly.FromDayNumber(r.Next(3_000_000)));
        list.Add("TimeOnly", r => new TimeOnly(r.NextInt64(TimeSpan.TicksPerDay)));
        list.Add("Guid", r => new Guid(r.Next(), (short)r.Next(), 3, 1, 2, 3, 4, 5, 6, 7, 8));
        list.Add("Index", r => new Index(r.Next(9), r.Next(2) == 0));
        list.Add("Range", r => r.Next(9)..^r.Next(9));
        list.Add("int?", r => r.Next(2) == 0 ? null : (int?)Int(r));
        list.Add("DateTime?", r => r.Next(2) == 0 ? null : (DateTime?)new DateTime(r.Next()));
        list.Add("BigInteger", r => BigInteger.Pow(r.Next(), r.Next(9)) * (r.Next(2) == 0 ? -1 : 1));
        list.Add("Complex", r => new Complex(r.NextDouble(), r.Next()));
        list.Add("Vector2", r => new Vector2(r.NextSingle(), -1));
        list.Add("Vector4", r => new Vector4(r.NextSingle(), -1, 0, float.NaN));
        list.Add("Quaternion", r => new Quaternion(1, 2, 3, r.NextSingle()));
        list.Add("Matrix3x2", r => new Matrix3x2(1, 2, 3, 4, 5, r.NextSingle()));
        list.Add("Matrix4x4", r => Matrix4x4.CreateRotationX(r.NextSingle()));
        list.Add("Vector128", r => Vector128.Create(r.Next(), 2, 3, 4));
        list.Add("tuple", r => (r.Next(), Text(r)));
        list.Add("tuple of 9", r => (1, 2L, "3", 4m, 5.0, '6', 7u, Text(r), (byte)r.Next()));
        list.Add("named tuple in tuple", r => (Id: Int(r), Inner: (Name: Text(r), Days: new[] { DayOfWeek.Friday })));
        list.Add("Tuple class", r => Tuple.Create(Int(r), Text(r), (object)1.5));
        list.Add("KeyValuePair", r => KeyValuePair.Create(Text(r), Int(r)));
        list.Add("anonymous", r => new { Id = Int(r), Name = Text(r) });
        list.Add("anonymous in anonymous", r => new { Inner = new { Id = Int(r), Days = new[] { DayOfWeek.Monday } }, Price = (decimal)r.NextDouble() });
        list.Add("array of anonymous", r => Few(r, q => new { Id = Int(q), Name = Text(q) }));
        list.Add("anonymous, empty", r => new { });
        list.Add("boxed int", r => (object)Int(r));
        list.Add("boxed tuple", r => (object)(Int(r), Text(r)));
        list.Add("boxed anonymous", r => (object)new { Id = Int(r), Text = Text(r) });
        list.Add("interface of a number", r => (IComparable)Int(r));
        list.Add("formattable", r => FormattableString.Invariant($"{Int(r)} and {Text(r)}").ToUpper(CultureInfo.InvariantCulture));
    }
}

/// <summary>An enum that is one byte.</summary>
public enum Tiny : byte
{
    None,
    One,
    Last = 255,
}

/// <summary>An enum that is eight bytes.</summary>
public enum Huge : long
{
    None,
    Most = long.MaxValue,
}
