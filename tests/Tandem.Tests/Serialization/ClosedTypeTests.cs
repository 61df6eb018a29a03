using System.Collections;
using System.Reflection;
using System.Runtime.Serialization;
using CsCheck;
using Tandem.Serialization;
using Tandem.Tests.Fuzz;

namespace Tandem.Tests.Serialization;

/// <summary>What a worker that is not trusted can send: values of the types that the program declared, and nothing else.</summary>
public class ClosedTypeTests
{
    private static readonly ClosedLimits Small = new(64 * 1024, 256 * 1024, 50);

    private static int s_runs; // how often code of the program has run while a value was read

    public static TheoryData<Type, string, string> Open => new()
    {
        { typeof(object), "", "any type" },
        { typeof(WithObject), "Any", "any type" },
        { typeof(IEnumerable<int>), "", "any type" },
        { typeof(List<WithObject>), "[].Any", "any type" },
        { typeof(Dictionary<string, WithObject[]>), "[][].Any", "any type" },
        { typeof(Abstract), "", "any type" },
        { typeof((int, Action)), "Item2", "code" },
        { typeof(Func<int>), "", "code" },
        { typeof(Type), "", "any type" },
        { typeof(Uri), "", "framework" },
        { typeof(System.Globalization.CultureInfo), "", "framework" },
        { typeof(System.Text.RegularExpressions.Regex), "", "framework" },
        { typeof(System.Buffers.ReadOnlySequence<byte>), "", "framework" },
        { typeof(CancellationToken), "", "framework" },
        { typeof(nint), "", "framework" },
        { typeof(SharedCounter), "", "framework" },
        { typeof(IOException), "", "framework" },
        { typeof(OwnException), "", "exception" },
        { typeof(HashSet<OwnKey>), "", "keys" },
        { typeof(Dictionary<(int, int), string>), "", "keys" },
        { typeof(SortedSet<string>), "", "framework" },
        { typeof(WithCallback), "", "protocol" },
        { typeof(WithProtocol), "", "protocol" },
        { typeof(WithFinalizer), "", "finalizer" },
        { typeof(DerivedFromOpen), "Any", "any type" },
        { typeof(int[,]), "", "framework" },
    };

    private static Gen<Drawing> Drawings => Gen.Select(
        Gen.String[0, 10], Gen.Int.Array[0, 5], Gen.Select(Gen.String[0, 4], Gen.Decimal).Array[0, 4], Gen.DateTime, Gen.Double.Nullable(),
        Gen.Select(Gen.Int, Gen.Bool).List[0, 4],
        static (name, numbers, prices, time, size, pairs) => new Drawing(name, numbers, time, size)
        {
            Prices = prices.DistinctBy(static price => price.Item1).ToDictionary(static price => price.Item1, static price => price.Item2),
            Shapes = pairs.Count == 0 ? null : [.. pairs.Select(static pair => pair.Item2 ? (Shape)new Circle(pair.Item1) : new Square(pair.Item1, DayOfWeek.Friday))],
            Pairs = pairs,
            Words = [.. prices.Select(static price => price.Item1)],
        });

    [Theory]
    [MemberData(nameof(Open))]
    public void A_type_that_is_open_is_refused_with_the_member_that_keeps_it_open(Type type, string path, string reason)
    {
        WorkSerializationException refused = Assert.Throws<WorkSerializationException>(() => ClosedTypes.Close(type));
        Assert.Equal(path, refused.Path.TrimStart('.'));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_of_closed_types_come_back_as_they_were()
    {
        ClosedType closed = ClosedTypes.Close(typeof(Drawing), typeof(Circle), typeof(Square));
        Drawings.Sample(drawing => Assert.Equal(Show(drawing), Show(Through(drawing, closed))));
        Same(Gen.Bool);
        Same(Gen.Decimal);
        Same(Gen.DateTime);
        Same(Gen.DateTimeOffset);
        Same(Gen.Guid);
        Same(Gen.Char);
        Same(Gen.ULong);
        Same(Gen.Double);
        Same(Gen.Int.Nullable());
        Same(Gen.Enum<DayOfWeek>());
        Same(Gen.Select(Gen.Int, Gen.String));
    }

    [Fact]
    public void References_stay_shared_and_cycles_end()
    {
        var node = new Node { Name = "a" };
        node.Next = node;
        node = Through(node, ClosedTypes.Close(typeof(Node)));
        Assert.Same(node, node.Next);
        int[] shared = [1, 2];
        int[][] both = Through(new[] { shared, shared }, ClosedTypes.Close(typeof(int[][])));
        Assert.Same(both[0], both[1]);
        HashSet<string> set = Through(new HashSet<string>(["a"], StringComparer.OrdinalIgnoreCase), ClosedTypes.Close(typeof(HashSet<string>)));
        Assert.Contains("A", set);
        WorkSerializationException deep = Assert.Throws<WorkSerializationException>(() => Write(Chain(1000), ClosedTypes.Close(typeof(Node))));
        Assert.Contains("nested", deep.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_stands_for_its_declared_type_only()
    {
        WorkSerializationException refused = Assert.Throws<WorkSerializationException>(
            () => Write(new Holder { Base = new Derived() }, ClosedTypes.Close(typeof(Holder))));
        Assert.Equal("Base", refused.Path.TrimStart('.'));
        Holder read = Through(new Holder { Base = new Derived { More = 5 } }, ClosedTypes.Close(typeof(Holder), typeof(Derived)));
        Assert.Equal(5, Assert.IsType<Derived>(read.Base).More);
        Assert.Throws<WorkSerializationException>(() => Write(new HashSet<string>(new OwnComparer()), ClosedTypes.Close(typeof(HashSet<string>))));
    }

    [Fact]
    public void Invalid_bits_are_refused()
    {
        Corrupt<bool>(2);
        Corrupt<bool>(255);
        Corrupt<decimal>(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0);
        Corrupt<DateTime>(255, 255, 255, 255, 255, 255, 255, 127, 0);
        Corrupt<DateTime>(0, 0, 0, 0, 0, 0, 0, 0, 9);
        Corrupt<DateOnly>(255, 255, 255, 127);
        Corrupt<TimeOnly>(255, 255, 255, 255, 255, 255, 255, 255);
        Corrupt<DateTimeOffset>(0, 0, 0, 0, 0, 0, 0, 0, 255, 127);
        Corrupt<int[]>(2, 0, 0, 0, 0, 255, 255, 255, 127);
        Corrupt<int?>(7);
        Corrupt<string>(254, 255, 255, 255);
    }

    [Fact]
    public void Exceptions_are_rebuilt_from_a_fixed_list()
    {
        var thrown = new FormatException("bad \u001b[31m text\u202e", new OwnException()) { Data = { ["k"] = 1 } };
        Exception read = ThroughError(thrown);
        Assert.IsType<FormatException>(read);
        Assert.Equal("bad \uFFFD[31m text\uFFFD", read.Message);
        Assert.Empty(read.Data);
        Assert.Equal(typeof(OwnException).FullName, Assert.IsType<RemoteWorkException>(read.InnerException).OriginalType);
        Exception nested = new IOException("leaf");
        for (int i = 0; i < 100; i++)
            nested = new IOException("n", nested);
        Assert.IsType<IOException>(ThroughError(nested));
        Assert.IsType<RemoteWorkException>(ThroughError(new RudeException()));
        Assert.InRange(ThroughError(new IOException(new string('x', 1_000_000))).Message.Length, 1000, 20_000);
    }

    /// <remarks>A million mutations by hand: TANDEM_FUZZ_CASES=1000000 and this method alone.</remarks>
    [Fact]
    public void Whatever_a_worker_writes_is_a_value_of_the_closed_types_or_refused()
    {
        ClosedType closed = ClosedTypes.Close(typeof(Drawing), typeof(Circle), typeof(Square));
        ClosedType nodes = ClosedTypes.Close(typeof(Node));
        byte[][] seeds = [.. Samples().Select(drawing => Write(drawing, closed)), Write(Chain(20), nodes)];
        byte[] error = WriteError(new FormatException("m", new OwnException()));
        s_runs = 0;
        Cases.Run(20_000, random =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            byte[] bytes = [.. seeds[random.Next(seeds.Length)]];
            if (random.Next(4) == 0)
                bytes = Spliced(random, bytes, seeds[random.Next(seeds.Length)]);
            Cases.Mutate(random, bytes);
            Check(random.Next(3) == 0 ? nodes : closed, bytes);

            byte[] changed = [.. error];
            Cases.Mutate(random, changed);
            try
            {
                Exception read = ClosedErrors.Read(new ClosedReader(changed, Small));
                Assert.True(read is RemoteWorkException || read.GetType().Assembly == typeof(object).Assembly);
                Assert.Empty(read.Data);
            }
            catch (PayloadCorruptException)
            {
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 * 1024 * 1024);
        });
        Assert.Equal(0, s_runs);
    }

    private static void Check(ClosedType closed, byte[] bytes)
    {
        object? read;
        try
        {
            read = closed.Read(new ClosedReader(bytes, Small));
        }
        catch (PayloadCorruptException)
        {
            return;
        }

        Type[] allowed =
        [
            typeof(Drawing), typeof(Circle), typeof(Square), typeof(Node), typeof(string), typeof(int[]), typeof(Shape[]),
            typeof(List<(int, bool)>), typeof(Dictionary<string, decimal>), typeof(HashSet<string>),
        ];
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        Visit(read);

        void Visit(object? value)
        {
            if (value is null || value.GetType().IsValueType || !seen.Add(value))
                return;

            Assert.Contains(value.GetType(), allowed);
            if (value is string)
                return;

            if (value is IEnumerable items)
            {
                foreach (object? item in items)
                    Visit(item);
                return;
            }

            foreach (FieldInfo field in value.GetType().GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public))
                Visit(field.GetValue(value));
        }
    }

    private static byte[] Spliced(Random random, byte[] one, byte[] other)
    {
        int at = random.Next(one.Length);
        int from = random.Next(other.Length);
        return [.. one.AsSpan(0, at), .. other.AsSpan(from)];
    }

    private static List<Drawing> Samples() =>
    [
        new("", [], default, null),
        new("name", [1, 2, 3], DateTime.UnixEpoch, 1.5)
        {
            Prices = new(StringComparer.OrdinalIgnoreCase) { ["a"] = 1.5m, ["b"] = -2m },
            Shapes = [new Circle(1), new Square(2, DayOfWeek.Monday), new Circle(3)],
            Pairs = [(1, true), (2, false)],
            Words = ["x", "y"],
        },
    ];

    private static Node Chain(int length)
    {
        Node? node = null;
        for (int i = 0; i < length; i++)
            node = new Node { Name = "n", Next = node };
        return node!;
    }

    private static void Same<T>(Gen<T> values)
    {
        ClosedType closed = ClosedTypes.Close(typeof(T));
        values.Sample(value => Assert.Equal(value, Through(value, closed)));
    }

    private static string Show(Drawing drawing) => System.Text.Json.JsonSerializer.Serialize(drawing)
        + string.Join(',', (drawing.Shapes ?? []).Select(static shape => shape?.ToString())) + string.Join(',', drawing.Pairs ?? []);

    private static unsafe byte[] Write(object? value, ClosedType closed)
    {
        using var writer = new PayloadWriter();
        writer.Begin(HeapMemory.Instance);
        closed.Write(new ClosedWriter(writer, Small), value);
        return new ReadOnlySpan<byte>(writer.Start, (int)writer.Length).ToArray();
    }

    private static T Through<T>(T value, ClosedType closed)
    {
        var reader = new ClosedReader(Write(value, closed), Small);
        var read = (T)closed.Read(reader)!;
        Assert.Equal(0, reader.Remaining);
        return read;
    }

    private static unsafe byte[] WriteError(Exception error)
    {
        using var writer = new PayloadWriter();
        writer.Begin(HeapMemory.Instance);
        ClosedErrors.Write(writer, error);
        return new ReadOnlySpan<byte>(writer.Start, (int)writer.Length).ToArray();
    }

    private static Exception ThroughError(Exception error) => ClosedErrors.Read(new ClosedReader(WriteError(error), new ClosedLimits()));

    private static void Corrupt<T>(params byte[] bytes) =>
        Assert.Throws<PayloadCorruptException>(() => ClosedTypes.Close(typeof(T)).Read(new ClosedReader(bytes, Small)));

    public abstract record Shape;

    public sealed record Circle(int Radius) : Shape;

    public sealed record Square(int Side, DayOfWeek Day) : Shape;

    public sealed record Drawing(string Name, int[] Numbers, DateTime Time, double? Size)
    {
        public Dictionary<string, decimal>? Prices { get; init; }

        public Shape?[]? Shapes { get; init; }

        public List<(int Number, bool Flag)>? Pairs { get; init; }

        public HashSet<string>? Words { get; init; }

        public override int GetHashCode()
        {
            s_runs++;
            return 0;
        }

        public bool Equals(Drawing? other)
        {
            s_runs++;
            return ReferenceEquals(this, other);
        }
    }

    private sealed class Node
    {
        public string? Name { get; set; }

        public Node? Next { get; set; }
    }

    private class Plain
    {
        public int Number { get; set; }
    }

    private sealed class Derived : Plain
    {
        public int More { get; set; }
    }

    private sealed class Holder
    {
        public Plain? Base { get; set; }
    }

    private class WithObject
    {
        public object? Any { get; set; }
    }

    private sealed class DerivedFromOpen : WithObject;

    private abstract class Abstract;

    private sealed class OwnException() : Exception("own");

    private sealed class RudeException : Exception
    {
        public override string Message => throw new InvalidOperationException();
    }

    private sealed record OwnKey(int Number);

    private sealed class OwnComparer : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) => x == y;

        public int GetHashCode(string obj) => 1;
    }

    private sealed class WithCallback
    {
        public int Number { get; set; }

        [OnDeserialized]
        private void Restore(StreamingContext context) => Number++;
    }

#pragma warning disable SYSLIB0050 // Obsolete like the formatters, but types still implement the protocol.
    private sealed class WithProtocol : ISerializable
    {
        public void GetObjectData(SerializationInfo info, StreamingContext context)
        {
        }
    }
#pragma warning restore SYSLIB0050

    private sealed class WithFinalizer
    {
        ~WithFinalizer() => s_runs++;
    }
}
