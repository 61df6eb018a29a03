using System.Runtime.CompilerServices;
using Tandem.Serialization;

namespace Tandem.Tests.Serialization;

/// <summary>Objects that static fields of their class hold: type-safe enumerations and singletons, which are compared by reference.</summary>
public class StaticInstanceTests
{
    [Fact]
    public void An_enumeration_that_refers_to_another_one_arrives_as_the_value_that_there_is()
    {
        Assert.Same(Country.Germany, Wire.RoundTrip(Country.Germany));
        object[] read = Wire.RoundTrip<object[]>([Currency.Euro, Country.Germany, Country.Germany, Currency.Dollar]);
        Assert.Same(Currency.Euro, read[0]);
        Assert.Same(Country.Germany, read[1]);
        Assert.Same(Country.Germany, read[2]);
        Assert.Same(Currency.Dollar, read[3]);
        Assert.Contains(Country.Germany, (IReadOnlySet<Country>)Wire.RoundTrip(new HashSet<Country> { Country.Germany }));
    }

    [Fact]
    public void An_enumeration_with_private_setters_and_its_own_equality_arrives_as_the_value_that_there_is()
    {
        Assert.Same(OrderStatus.Paid, Wire.RoundTrip(OrderStatus.Paid));
        Assert.Same(OrderStatus.Open, Wire.RoundTrip<object>(OrderStatus.Open));
        Assert.Same(CardKind.Visa, Wire.RoundTrip(new Node { Other = CardKind.Visa }).Other);
        Assert.Same(Weight.None, Wire.RoundTrip(Weight.None));
    }

    [Fact]
    public void Enumerations_whose_values_know_each_other_arrive_as_the_values_that_there_are()
    {
        Assert.Same(Direction.North, Wire.RoundTrip(Direction.North));
        Direction[] read = Wire.RoundTrip<Direction[]>([Direction.South, Direction.West, Direction.North, Direction.East]);
        Assert.Same(Direction.South, read[0]);
        Assert.Same(Direction.West, read[1]);
        Assert.Same(Direction.North, read[2]);
        Assert.Same(Direction.East, read[3]);
    }

    [Fact]
    public void Collections_and_other_parts_of_an_instance_are_those_of_the_instance_that_is_there()
    {
        Assert.Same(Unit.Metre, Wire.RoundTrip(Unit.Metre));
        object?[] read = Wire.RoundTrip<object?[]>([Unit.Metre, Unit.Metre.Names, Unit.Metre.Factors, Unit.Metre.Description]);
        Assert.Same(Unit.Metre, read[0]);
        Assert.Same(Unit.Metre.Names, read[1]);
        Assert.Same(Unit.Metre.Factors, read[2]);
        Assert.Same(Unit.Metre.Description, read[3]);
        Assert.Same(Unit.Metre, Unit.Metre.Description.Owner);
    }

    [Fact]
    public void Bytes_between_the_fields_of_a_structure_are_not_compared()
    {
        const int Any = -1;
        AssertComparedByFields<int?>(3, [1, Any, Any, Any, 3, 0, 0, 0]);
        AssertComparedByFields(new Padded(1, 2), [1, Any, Any, Any, 2, 0, 0, 0]);
        AssertComparedByFields<Padded?>(new Padded(1, 2), [1, Any, Any, Any, 1, Any, Any, Any, 2, 0, 0, 0]);
        AssertComparedByFields(new Pair<Padded, short>(new Padded(1, 2), 3), [1, Any, Any, Any, 2, 0, 0, 0, 3, 0, Any, Any]);
    }

    /// <param name="value">The value.</param>
    /// <param name="memory">Its bytes; negative for those that belong to no field.</param>
    private static unsafe void AssertComparedByFields<T>(T value, int[] memory)
    {
        Assert.Equal(memory.Length, Unsafe.SizeOf<T>());
        byte[][] written = [.. ((byte[])[0, 0xFF]).Select(any =>
        {
            byte[] bytes = [.. memory.Select(one => one < 0 ? any : (byte)one)];
            T made = Unsafe.ReadUnaligned<T>(ref bytes[0]);
            Assert.Equal(value, made);
            using var writer = new PayloadWriter();
            writer.Begin(HeapMemory.Instance);
            writer.Copies = [];
            Codec<T>.Instance.Write(writer, made);
            return new ReadOnlySpan<byte>(writer.Start, (int)writer.Length).ToArray();
        })];
        Assert.Equal(written[0], written[1]);
    }

    [Fact]
    public void A_part_that_arrives_first_stays_the_part_of_what_refers_to_it()
    {
        object[] read = Wire.RoundTrip<object[]>([Unit.Metre.Names, Unit.Metre]);
        Assert.Same(read[0], ((Unit)read[1]).Names);
    }

    [Fact]
    public void A_part_that_refers_to_its_instance_arrives_with_a_copy_that_has_the_part()
    {
        Unit.Details read = Wire.RoundTrip(Unit.Metre.Description);
        Assert.Same(read, read.Owner.Description);
        Assert.Equal(Unit.Metre.Names, read.Owner.Names);
    }

    [Fact]
    public void A_state_that_is_too_large_to_compare_arrives_as_a_copy()
    {
        Unit read = Wire.RoundTrip(Unit.Large);
        Assert.NotSame(Unit.Large, read);
        Assert.Equal(Unit.Large.Names, read.Names);
    }

    [Fact]
    public void What_each_thread_has_of_its_own_arrives_as_a_copy()
    {
        PerThread.Current = new PerThread { Number = 3 };
        PerThread read = Wire.RoundTrip(PerThread.Current);
        Assert.NotSame(PerThread.Current, read);
        Assert.Equal(3, read.Number);
    }

    [Fact]
    public void An_instance_with_delegates_arrives_as_the_one_that_is_there()
    {
        Assert.Same(Rule.Positive, Wire.RoundTrip(Rule.Positive, Tandem.Invocation.CallLinks.ForResults));
    }

    [Fact]
    public void A_singleton_arrives_as_the_one_that_is_there_or_as_a_copy_with_its_state()
    {
        Assert.Same(Settings.Current, Wire.RoundTrip(Settings.Current));
        byte[] changed;
        Settings.Current.Names.Add("c");
        Settings.Current.Child.Level = 4;
        try
        {
            changed = Wire.Write<object[]>([Settings.Current, Settings.Current.Child]);
        }
        finally
        {
            Settings.Current.Names.Remove("c");
            Settings.Current.Child.Level = 3;
        }

        object[] read = Wire.Read<object[]>(changed);
        var copy = (Settings)read[0];
        Assert.NotSame(Settings.Current, copy);
        Assert.Equal(["a", "b", "c"], copy.Names);
        Assert.Equal(4, copy.Child.Level);
        Assert.Same(copy, copy.Child.Parent);
        Assert.Same(copy.Child, read[1]);
        Assert.Equal(3, Settings.Current.Child.Level);
    }

    [Fact]
    public void A_change_of_one_value_in_a_ring_changes_no_other()
    {
        byte[] changed;
        Direction.South.Weight = 5;
        try
        {
            changed = Wire.Write(Direction.North);
        }
        finally
        {
            Direction.South.Weight = 0;
        }

        Direction read = Wire.Read<Direction>(changed);
        Assert.Equal(5, read.Opposite.Weight);
        Assert.Same(read, read.Opposite.Opposite);
        Assert.Equal(0, Direction.North.Opposite.Weight);
    }

    [Fact]
    public void Times_and_numbers_are_compared_with_all_that_can_be_seen_of_them()
    {
        byte[] changed;
        Clock.Only.Time = DateTime.SpecifyKind(Clock.Only.Time, DateTimeKind.Local);
        Clock.Only.Amount = 1.00m;
        try
        {
            changed = Wire.Write(Clock.Only);
        }
        finally
        {
            Clock.Only.Time = DateTime.SpecifyKind(Clock.Only.Time, DateTimeKind.Utc);
            Clock.Only.Amount = 1.0m;
        }

        Clock read = Wire.Read<Clock>(changed);
        Assert.Equal(DateTimeKind.Local, read.Time.Kind);
        Assert.Equal(2, read.Amount.Scale);
        Assert.Same(Clock.Only, Wire.RoundTrip(Clock.Only));
    }

    [Fact]
    public void A_chain_of_a_class_that_has_an_empty_instance_may_have_any_length()
    {
        Link first = Link.Nil;
        for (int i = 0; i < 100_000; i++)
            first = new Link { Next = first, Number = i };

        int count = 0;
        Link read = Wire.RoundTrip(first);
        for (; !ReferenceEquals(read, Link.Nil); read = read.Next!)
            count++;

        Assert.Equal(100_000, count);
    }

    [Fact]
    public void An_object_without_members_arrives_as_the_one_that_a_static_field_holds_there()
    {
        Assert.Same(Cached<string>.Missing, Wire.RoundTrip(new Cached<string>()).Value);
        object[] read = Wire.RoundTrip<object[]>([new Cached<int>.Slot(), Cached<int>.Missing, new object()]);
        Assert.Same(Cached<int>.Missing, ((Cached<int>.Slot)read[0]).Value);
        Assert.Same(Cached<int>.Missing, read[1]);
        Assert.NotSame(Cached<int>.Missing, read[2]);
    }

    [Fact]
    public void An_object_without_members_that_no_field_holds_stays_one_object()
    {
        object any = new();
        object[] read = Wire.RoundTrip<object[]>([any, new Cached<int> { Value = any }, new object()]);
        Assert.Same(read[0], ((Cached<int>)read[1]).Value);
        Assert.NotSame(read[0], read[2]);
        Assert.Equal(typeof(object), read[0].GetType());
    }

    public abstract class Enumeration(int id, string name)
    {
        public int Id { get; private set; } = id;

        public string Name { get; private set; } = name;

        public override bool Equals(object? obj) => obj is Enumeration other && GetType() == other.GetType() && Id == other.Id;

        public override int GetHashCode() => Id.GetHashCode();
    }

    private sealed class OrderStatus(int id, string name) : Enumeration(id, name)
    {
        public static readonly OrderStatus Open = new(1, "open");
        public static readonly OrderStatus Paid = new(2, "paid");
    }

    private sealed class CardKind(int id, string name) : Enumeration(id, name)
    {
#pragma warning disable CA2211 // As the documentation of this pattern has it.
        public static CardKind Visa = new(1, nameof(Visa));
        public static CardKind Amex = new(2, nameof(Amex));
#pragma warning restore CA2211
    }

    private sealed record Weight(decimal Grams)
    {
        public static readonly Weight None = new(0m);
    }

    private sealed class Currency(string code)
    {
        public static readonly Currency Euro = new("eur");
        public static readonly Currency Dollar = new("usd");

        public string Code { get; } = code;
    }

    private sealed class Country(string code, Currency currency)
    {
        public static readonly Country Germany = new("de", Currency.Euro);

        public string Code { get; } = code;

        public Currency Currency { get; } = currency;
    }

    private sealed class Direction
    {
        public static readonly Direction North = new("n");
        public static readonly Direction East = new("e");
        public static readonly Direction South = new("s");
        public static readonly Direction West = new("w");

        private readonly string _name;

        static Direction()
        {
            Direction[] all = [North, East, South, West];
            for (int i = 0; i < all.Length; i++)
                (all[i].Opposite, all[i].Right) = (all[(i + 2) % 4], all[(i + 1) % 4]);
        }

        private Direction(string name) => _name = name;

        public Direction Opposite { get; private set; } = null!;

        public Direction Right { get; private set; } = null!;

        public int Weight { get; set; }

        public override string ToString() => _name;
    }

    private readonly record struct Padded(byte Small, int Large);

    private readonly record struct Pair<TFirst, TSecond>(TFirst First, TSecond Second);

    private sealed class Unit
    {
        public static readonly Unit Metre = new("m", ["metre", "meter"], new() { ["km"] = 1000 });

        public static readonly Unit Large = new("l", [new string('x', 1_000_000)], []);

        private Unit(string symbol, List<string> names, Dictionary<string, double> factors)
        {
            (Symbol, Names, Factors) = (symbol, names, factors);
            Description = new(this, [1, 2]);
        }

        public string Symbol { get; }

        public List<string> Names { get; }

        public Dictionary<string, double> Factors { get; }

        public Details Description { get; }

        public int? Order { get; } = 3;

        public sealed record Details(Unit Owner, int[] Numbers);
    }

    private sealed class Rule(Func<int, bool> code, Currency currency)
    {
        public static readonly Rule Positive = new(static n => n > 0, Currency.Euro);

        public Currency Currency { get; } = currency;

        public bool Run(int number) => code(number);
    }

    private sealed class Settings
    {
        public static Settings Current { get; } = new();

        public Settings() => Child = new Part { Parent = this, Level = 3 };

        public List<string> Names { get; } = ["a", "b"];

        public Part Child { get; }

        public sealed class Part
        {
            public Settings? Parent { get; set; }

            public int Level { get; set; }
        }
    }

    private sealed class Clock
    {
        public static readonly Clock Only = new();

        public DateTime Time { get; set; } = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

        public decimal Amount { get; set; } = 1.0m;
    }

    private sealed class PerThread
    {
        [ThreadStatic]
        internal static PerThread? Current;

        public int Number { get; set; }
    }

    private sealed class Cached<T>
    {
        public static readonly object Missing = new();

        public object? Value { get; set; } = Missing;

        public T? Typed { get; set; }

        public sealed class Slot
        {
            public object Value { get; set; } = Missing;
        }
    }

    private sealed class Link
    {
        public static readonly Link Nil = new();

        public Link? Next { get; set; }

        public int Number { get; set; }
    }
}
