using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Tandem.Serialization;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Serialization;

public class CorruptPayloadTests
{
    /// <summary>
    /// What one read may allocate: the payloads are a few KB, but looking up a type's name or compiling a regex takes more.
    /// </summary>
    private const long MaximumAllocation = 4 * 1024 * 1024;

    private static readonly string[] Words = ["one", "two", "three"];

    private static readonly Sample[] Samples = MakeSamples();

    [Fact]
    public void Damaged_bytes_are_read_as_something_or_reported_as_corrupt()
    {
        Gen<(int, int, int, uint)[]> damages = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 10_000], Gen.Int[0, 64], Gen.UInt).Array[1, 3];
        Gen<(int Sample, (int Kind, int At, int Length, uint Value)[] Damages)> cases =
            Gen.Select(Gen.Int[0, Samples.Length - 1], damages, (sample, d) => (sample, d));

        int corrupt = 0;
        Repeatable.Check(cases, c => corrupt += Samples[c.Sample].Survives(Damage(Samples[c.Sample].Bytes, c.Damages)) ? 0 : 1, 40_000);
        Assert.InRange(corrupt, 8_000, 38_000);
    }

    [Fact]
    public void Every_truncation_is_corrupt()
    {
        foreach (Sample sample in Samples)
        {
            for (int length = 0; length < sample.Bytes.Length; length += Math.Max(1, sample.Bytes.Length / 50))
                Assert.False(sample.Survives(sample.Bytes[..length]), $"{sample.Name} at {length}");
        }
    }

    [Fact]
    public void Counts_that_lie_allocate_nothing()
    {
        byte[] lie = [2, 0xff, 0xff, 0xff, 0x7f];
        foreach (Action read in new Action[]
        {
            () => Wire.Read<int[]>(lie),
            () => Wire.Read<string[]>(lie),
            () => Wire.Read<Empty[]>(lie),
            () => Wire.Read<List<byte>>(lie),
            () => Wire.Read<Queue<Labelled>>(lie),
            () => Wire.Read<Dictionary<string, int>>([2, 0, .. lie[1..]]),
            () => Wire.Read<string>(lie[1..]),
            () => Wire.Read<Memory<long>>(lie),
            () => Wire.Read<ImmutableArray<long>>([1, .. lie]),
            () => Wire.Read<int[,]>([2, 0xff, 0xff, 0, 0, .. lie[1..]]),
            () => Wire.Read<string[,]>([2, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0]),
            () => Wire.Read<string[,]>([2, 0, 0, 0, 0, .. lie[1..]]),
        })
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.ThrowsAny<PayloadCorruptException>(read);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024 * 1024);
        }
    }

    [Fact]
    public void Types_that_do_not_fit_are_corrupt()
    {
        byte[] text = Wire.Write<object>(new Circle(1));
        Assert.NotNull(Wire.Read<IShape>(text));
        Assert.ThrowsAny<PayloadCorruptException>(() => Wire.Read<IComparable>(text));
        Assert.ThrowsAny<PayloadCorruptException>(() => Wire.Read<Stream>(text));
        foreach (Type type in new[]
        {
            typeof(IShape), typeof(Stream), typeof(LocalMemoryStream), typeof(List<>), typeof(int).MakePointerType(),
            typeof(int).MakeByRefType(), typeof(void),
            typeof(Span<int>), typeof(Console), typeof(nint), typeof(Task), typeof(Delegate), typeof(Action), typeof(Array), typeof(Enum),
            typeof(TypedReference),
        })
            Assert.ThrowsAny<PayloadCorruptException>(() => Wire.Read<object>(Named(type)));
    }

    [Fact]
    public void References_that_lead_nowhere_are_corrupt()
    {
        Assert.ThrowsAny<PayloadCorruptException>(() => Wire.Read<Node>([1, 0, 0, 0, 0]));
        Assert.ThrowsAny<PayloadCorruptException>(() => Wire.Read<Node>([1, 0xff, 0xff, 0xff, 0xff]));
        Assert.ThrowsAny<PayloadCorruptException>(() => Wire.Read<Node>([9]));
        Assert.ThrowsAny<PayloadCorruptException>(() => Wire.Read<Node[]>([2, 1, 0, 0, 0, 1, 0, 0, 0, 0]));
        Assert.ThrowsAny<PayloadCorruptException>(() => Wire.Read<ImmutableList<object>>([2, 1, 0, 0, 0, 1, 0, 0, 0, 0]));
    }

    [Fact]
    public void Types_that_are_none_are_corrupt()
    {
        byte[] circle = Named(typeof(Circle));
        foreach (int token in new[] { 0, -1, 0x02000000, 0x02000001, 0x02FFFFFF, 0x01000001, 0x06000001, 0x1B000001, 0x70000001 })
        {
            BitConverter.TryWriteBytes(circle.AsSpan(circle.Length - 4), token);
            Assert.ThrowsAny<PayloadCorruptException>(() => Wire.Read<object>(circle));
        }

        byte[] list = Named(typeof(List<int>));
        list[5]++;
        Assert.ThrowsAny<PayloadCorruptException>(() => Wire.Read<object>(list));
        Assert.ThrowsAny<PayloadCorruptException>(() => Wire.Read<Type>([2, 0xf0, 0xff, 0xff, 0xff]));
        Assert.ThrowsAny<PayloadCorruptException>(
            () => Wire.Read<Type>([2, .. Enumerable.Repeat<byte[]>([0xfd, 0xff, 0xff, 0xff], 200_000).SelectMany(b => b)]));
    }

    [Fact]
    public void A_module_of_another_build_is_corrupt_with_a_hint()
    {
        byte[] circle = Named(typeof(Circle));
        byte[] id = typeof(Circle).Module.ModuleVersionId.ToByteArray();
        circle[circle.AsSpan().IndexOf(id)] ^= 1;
        string message = Assert.ThrowsAny<PayloadCorruptException>(() => Wire.Read<object>(circle)).Message;
        Assert.Contains("of Tandem.Tests in this process; do both processes run the same build?", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_kind_of_type_finds_back()
    {
        foreach (Type type in new[]
        {
            typeof(int), typeof(int[]), typeof(int[,][]), typeof(int).MakeArrayType(1), typeof(int*), typeof(int).MakeByRefType(),
            typeof(List<>), typeof(List<Dictionary<string, Circle[]>>),
            typeof(Repeatable), typeof(Dictionary<,>.Enumerator), typeof(Dictionary<int, int>.KeyCollection), typeof((int, string)?),
            typeof(void),
        })
            Assert.Equal([type, type], Wire.RoundTrip<Type[]>([type, type]));
    }

    private static unsafe byte[] Named(Type type)
    {
        using var writer = new PayloadWriter();
        writer.Begin(new NativePayloadMemory());
        writer.Write((byte)3);
        TypeNames.Write(writer, type);
        return new ReadOnlySpan<byte>(writer.Start, (int)writer.Length).ToArray();
    }

    private static byte[] Damage(byte[] bytes, (int Kind, int At, int Length, uint Value)[] damages)
    {
        byte[] damaged = [.. bytes];
        foreach ((int kind, int at, int length, uint value) in damages)
        {
            if (damaged.Length == 0)
                break;

            int start = at % damaged.Length;
            int end = Math.Min(start + length, damaged.Length);
            switch (kind)
            {
                case 0: damaged[start] = (byte)value; break;
                case 1: damaged[start] ^= (byte)(1 << (int)(value % 8)); break;
                case 2: damaged = damaged[..start]; break;
                case 3: damaged = [.. damaged[..start], .. damaged[end..]]; break;
                default: damaged = [.. damaged[..end], .. damaged[start..]]; break;
            }

            if (value % 7 == 0 && start + 4 <= damaged.Length)
                BitConverter.TryWriteBytes(damaged.AsSpan(start), value % 3 == 0 ? int.MaxValue : (int)(value % 20) - 3);
        }

        return damaged;
    }

    private static Sample[] MakeSamples()
    {
        var node = new Node { Name = "n", Other = new Point(1, 2) };
        node.Next = new Node { Next = node, Other = node };
        var tree = new AggregateException(new IOException("i"), new ArgumentException("a", "p"));
        return
        [
            Sample.Of(new Person("name", 3, [1, 2, 3])), Sample.Of<Person>(new Employee("name", 3, [1], new Person("b", 1, []))),
            Sample.Of(node),
            Sample.Of(new object?[] { 1, "two", null, 3.0, Colour.Green, new Point(1, 2), new[] { 1 }, new Circle(1), typeof(int) }),
            Sample.Of(new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["a"] = 1, ["b"] = 2 }),
            Sample.Of(new HashSet<string>(Words)),
            Sample.Of(new List<string?> { "a", null, "c" }), Sample.Of(new[] { new[] { 1, 2 }, [3] }),
            Sample.Of(new string[2, 2] { { "a", "b" }, { "c", "d" } }),
            Sample.Of(new int[2, 3]), Sample.Of<IEnumerable<string>>(Words.ToFrozenSet()),
            Sample.Of(ImmutableDictionary.CreateRange([KeyValuePair.Create("a", 1)])),
            Sample.Of(new ConcurrentDictionary<int, string>([KeyValuePair.Create(1, "a")])),
            Sample.Of(new SortedDictionary<string, int> { ["a"] = 1 }),
            Sample.Of(new Queue<int>([1, 2])), Sample.Of(new LinkedList<string>(Words)), Sample.Of(new BitArray(20)),
            Sample.Of(new Hashtable { ["a"] = 1 }),
            Sample.Of(new PriorityQueue<string, int>([("a", 1), ("b", 2)])), Sample.Of(Words.ToLookup(w => w.Length)),
            Sample.Of(ImmutableArray.Create(Words)),
            Sample.Of((1, "two", new int?(3), new Labelled("x", 1))), Sample.Of<Memory<int>>(new[] { 1, 2 }),
            Sample.Of(new ArraySegment<string>(Words, 1, 1)),
            Sample.Of(new Uri("http://example.com/")), Sample.Of(new Regex("a+b")), Sample.Of(IPAddress.Parse("fe80::1")),
            Sample.Of(new StringBuilder("text")),
            Sample.Of(System.Numerics.BigInteger.Pow(3, 99)), Sample.Of(TimeZoneInfo.Utc), Sample.Of(Encoding.Latin1),
            Sample.Of(System.Globalization.CultureInfo.InvariantCulture),
            Sample.Of(new System.Text.Json.Nodes.JsonObject { ["a"] = 1 }), Sample.Of(DateTimeOffset.UnixEpoch), Sample.Of(12.5m),
            Sample.Of(new Version(1, 2)),
            Sample.Of<Exception>(new StandardException("m", tree) { Tags = [1, "t"] }),
            Sample.Of(new NoWayException(3)), Sample.Of(new StandardException("m")), Sample.Of(new SortedList<string, int> { ["a"] = 1 }),
            Sample.Of(CancellationToken.None), Sample.Of<IProgress<int>>(new Progress<int>()), Sample.Of<Action>(NoWork),
            Sample.Of(StringComparer.OrdinalIgnoreCase), Sample.Of(new string('x', 300)), Sample.Of(new MemoryStream([1, 2, 3])),
            Sample.Of(new System.Text.Json.JsonSerializerOptions { WriteIndented = true }), Sample.Of(DataTests.Orders()),
            Sample.Of(new Moment(3)), Sample.Of(Chain.Of(300)), Sample.Of(Wire.Slices()), Sample.Of(System.Xml.Linq.XName.Get("a", "b")),
        ];
    }

    private static void NoWork()
    {
    }

    private abstract class Sample(string name, byte[] bytes)
    {
        internal string Name { get; } = name;

        internal byte[] Bytes { get; } = bytes;

        internal static Sample<T> Of<T>(T value)
        {
            var links = new TestLinks();
            return new Sample<T>(Wire.Write(value, links), links);
        }

        /// <summary>Whether the bytes can be read; only one kind of exception may say that they cannot.</summary>
        internal bool Survives(byte[] damaged)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            bool survives = true;
            try
            {
                Read(damaged);
            }
            catch (PayloadCorruptException)
            {
                survives = false;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{Name}: {Convert.ToHexString(damaged)}", e);
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaximumAllocation);
            return survives;
        }

        protected abstract void Read(byte[] damaged);
    }

    private sealed class Sample<T>(byte[] bytes, TestLinks links) : Sample(TypeNameOf(typeof(T)), bytes)
    {
        protected override void Read(byte[] damaged) => Wire.ReadPart<T>(damaged, links, out _);

        private static string TypeNameOf(Type type) => type.ToString();
    }
}
