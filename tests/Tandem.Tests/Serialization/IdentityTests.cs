using System.Buffers;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml;
using System.Xml.Linq;
using Tandem.Serialization;

namespace Tandem.Tests.Serialization;

/// <summary>Values that are compared by reference, or that a process knows by a name.</summary>
public class IdentityTests
{
    public static TheoryData<string, object> OnlyOnes => new()
    {
        { nameof(XName), XName.Get("local", "urn:space") }, { nameof(XNamespace), XNamespace.Get("urn:space") },
        { nameof(XNamespace.Xml), XNamespace.Xml }, { nameof(XmlQualifiedName), XmlQualifiedName.Empty },
        { nameof(HttpMethod), HttpMethod.Patch }, { nameof(EventArgs), EventArgs.Empty },
        { "structural", System.Collections.StructuralComparisons.StructuralEqualityComparer },
        { nameof(JsonNamingPolicy), JsonNamingPolicy.SnakeCaseLower }, { nameof(System.Net.IPAddress), System.Net.IPAddress.Any },
        { nameof(TimeProvider), TimeProvider.System }, { nameof(Random), Random.Shared },
        { nameof(ArrayPool<>), ArrayPool<byte>.Shared }, { nameof(MemoryPool<>), MemoryPool<byte>.Shared },
        { nameof(TimeZoneInfo.Utc), TimeZoneInfo.Utc }, { nameof(TimeZoneInfo.Local), TimeZoneInfo.Local },
        { nameof(Encoding.UTF8), Encoding.UTF8 }, { nameof(Encoding.Default), Encoding.Default }, { nameof(Encoding.ASCII), Encoding.ASCII },
        { nameof(JsonSerializerOptions), JsonSerializerOptions.Default }, { nameof(JsonSerializerOptions.Web), JsonSerializerOptions.Web },
        { nameof(CultureInfo), CultureInfo.InvariantCulture },
    };

    [Theory]
    [MemberData(nameof(OnlyOnes))]
    public void What_there_is_one_of_arrives_as_that_one(string name, object value)
    {
        Assert.NotEmpty(name);
        Assert.Same(value, Wire.RoundTrip(value));
        Assert.Same(value, Wire.RoundTrip(new Node { Other = value }).Other);
    }

    [Fact]
    public void There_is_one_missing_argument() => Assert.Same(Missing.Value, Wire.RoundTrip<object>(Missing.Value));

    [Fact]
    public void Xml_that_arrives_finds_its_elements_by_name()
    {
        XNamespace space = "urn:orders";
        var document = new XDocument(new XElement(space + "order", new XAttribute("id", 3), new XElement(space + "line", "lamp"), "text"));
        XDocument read = Wire.RoundTrip(document);
        Assert.Equal("lamp", read.Root!.Element(space + "line")!.Value);
        Assert.Equal("3", read.Root.Attribute("id")!.Value);
        Assert.True(XNode.DeepEquals(document, read));
        Assert.Same(read.Root, read.Root.Element(space + "line")!.Parent);

        XElement[] many = [.. Enumerable.Range(0, 5_000).Select(i => new XElement("e", i))];
        Assert.Equal(4_999, (int)Wire.RoundTrip(new XElement("root", many)).Elements("e").Last());
    }

    [Fact]
    public void Type_safe_enumerations_arrive_as_the_values_that_there_are()
    {
        Assert.Same(Status.Paid, Wire.RoundTrip(Status.Paid));
        Assert.Same(Status.Open, Wire.RoundTrip(new Node { Other = Status.Open }).Other);
        Assert.Equal([Status.Paid, Status.Paid], Wire.RoundTrip<Status[]>([Status.Paid, Status.Paid]));
        Assert.Same(Operation.Add, Wire.RoundTrip(Operation.Add));
        Assert.Same(Stateless.Instance, Wire.RoundTrip<IComparer<int>>(Stateless.Instance));
        var set = new HashSet<Status> { Status.Paid };
        Assert.Contains(Status.Paid, (IReadOnlySet<Status>)Wire.RoundTrip(set));
    }

    [Fact]
    public void An_object_that_is_none_of_the_static_ones_arrives_as_a_copy()
    {
        Status read = Wire.RoundTrip(new Status(9, "Odd"));
        Assert.Equal((9, "Odd"), (read.Id, read.Name));
        Assert.Same(Counted.Instance, Wire.RoundTrip(Counted.Instance));
        Counted.Instance.Count = 7;
        byte[] bytes = Wire.Write(Counted.Instance);
        Counted.Instance.Count = 0;
        Counted changed = Wire.Read<Counted>(bytes);
        Assert.NotSame(Counted.Instance, changed);
        Assert.Equal(7, changed.Count);
    }

    [Fact]
    public void A_static_object_that_was_made_differently_there_arrives_as_a_copy()
    {
        byte[] bytes = Wire.Write(Status.Paid);
        int at = bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes("Paid"));
        bytes[at] = (byte)'L';
        Status read = Wire.Read<Status>(bytes);
        Assert.NotSame(Status.Paid, read);
        Assert.Equal("Laid", read.Name);
    }

    [Fact]
    public void Every_time_zone_of_the_system_arrives_equal()
    {
        foreach (TimeZoneInfo zone in TimeZoneInfo.GetSystemTimeZones())
        {
            TimeZoneInfo read = Wire.RoundTrip(zone);
            Assert.Equal(zone, read);
            Assert.Equal((zone.DisplayName, zone.StandardName), (read.DisplayName, read.StandardName));
            var moment = new DateTime(1987, 7, 1, 0, 0, 0, DateTimeKind.Utc);
            Assert.Equal(TimeZoneInfo.ConvertTimeFromUtc(moment, zone), TimeZoneInfo.ConvertTimeFromUtc(moment, read));
        }
    }

    [Fact]
    public void A_time_zone_with_rules_of_its_own_arrives_equal()
    {
        TimeZoneInfo zone = TimeZoneInfo.CreateCustomTimeZone(
            "Mine", TimeSpan.FromHours(3), "(UTC+3) Mine", "Mine standard", "Mine summer",
            [
                TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
                    DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromHours(1),
                    TimeZoneInfo.TransitionTime.CreateFixedDateRule(new DateTime(1, 1, 1, 2, 0, 0), 3, 25),
                    TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday)),
            ]);
        TimeZoneInfo read = Wire.RoundTrip(zone);
        Assert.Equal(zone, read);
        Assert.True(zone.HasSameRules(read));
        Assert.Equal(zone.DaylightName, read.DaylightName);
    }

    [Fact]
    public void Encodings_keep_their_provider_and_what_they_do_with_errors()
    {
        Encoding western = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;
        Encoding read = Wire.RoundTrip(western);
        Assert.Equal(western, read);
        Assert.Equal([0x80], read.GetBytes("€"));

        var asking = (Encoding)Encoding.ASCII.Clone();
        asking.EncoderFallback = new EncoderReplacementFallback("!");
        asking.DecoderFallback = DecoderFallback.ExceptionFallback;
        Encoding copy = Wire.RoundTrip(asking);
        Assert.Equal("a!"u8.ToArray(), copy.GetBytes("aé"));
        Assert.Throws<DecoderFallbackException>(() => copy.GetString([0xff]));
        Assert.Equal(asking, copy);
        Assert.False(copy.IsReadOnly);
        Assert.Equal("ROT", Wire.RoundTrip(new Rotating("ROT")).Name);
    }

    [Fact]
    public void An_encoding_that_is_not_there_is_an_error_that_says_what_to_do()
    {
        // As a worker reads it that knows fewer encodings.
        byte[] bytes = Wire.Write((Encoding)Encoding.Latin1.Clone());
        int at = bytes.AsSpan().IndexOf(BitConverter.GetBytes(Encoding.Latin1.CodePage));
        BitConverter.TryWriteBytes(bytes.AsSpan(at), 54321);
        string message = Assert.Throws<RebuildException>(() => Wire.Read<Encoding>(bytes)).Message;
        Assert.Contains("no encoding for code page 54321", message, StringComparison.Ordinal);
        Assert.Contains("Encoding.RegisterProvider", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_culture_keeps_formats_that_were_changed()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        Assert.Equal("1.5", 1.5.ToString(Wire.RoundTrip(culture)));
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.DateTimeFormat.ShortDatePattern = "yyyy.MM.dd";
        culture.DateTimeFormat.DayNames = ["s", "m", "t", "w", "t", "f", "s"];
        foreach (CultureInfo sent in new[] { culture, CultureInfo.ReadOnly(culture) })
        {
            CultureInfo read = Wire.RoundTrip(sent);
            Assert.Equal("1,5", 1.5.ToString(read));
            Assert.Equal("2024.02.29", new DateTime(2024, 2, 29).ToString("d", read));
            Assert.Equal("t", new DateTime(2024, 2, 29).ToString("dddd", read));
            Assert.Equal(sent.IsReadOnly, read.IsReadOnly);
        }
    }

    [Fact]
    public void Json_options_that_were_used_travel_with_their_settings()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            WriteIndented = true,
            IndentSize = 1,
            MaxDepth = 9,
            Converters = { new JsonStringEnumConverter(), new Inverted(3) },
            NumberHandling = JsonNumberHandling.AllowReadingFromString,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        var value = new { Name = "é", Day = DayOfWeek.Friday, Count = 4 };
        string text = JsonSerializer.Serialize(value, options);
        JsonSerializerOptions read = Wire.RoundTrip(options);
        Assert.Equal(text, JsonSerializer.Serialize(value, read));
        Assert.True(read.IsReadOnly);
        Assert.False(Wire.RoundTrip(new JsonSerializerOptions { WriteIndented = true }).IsReadOnly);
        Assert.Equal(9, read.MaxDepth);
        Assert.Contains(
            "make the options in the work",
            Wire.Refused(new JsonSerializerOptions { TypeInfoResolver = new Resolver() }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_keep_how_they_were_written()
    {
        FileInfo read = Wire.RoundTrip(new FileInfo("a/../b.txt"));
        Assert.Equal("a/../b.txt", read.ToString());
        Assert.Equal(Path.GetFullPath("b.txt"), read.FullName);
    }

    private sealed class Status(int id, string name)
    {
        public static readonly Status Open = new(1, "Open");

        public static Status Paid { get; } = new(2, "Paid");

        public int Id { get; } = id;

        public string Name { get; } = name;
    }

    private abstract class Operation
    {
        public static readonly Operation Add = new Sum(static (a, b) => a + b);

        public abstract int Run(int a, int b);

        private sealed class Sum(Func<int, int, int> code) : Operation
        {
            private readonly Func<int, int, int> _code = code;

            public override int Run(int a, int b) => _code(a, b);
        }
    }

    private sealed class Stateless : IComparer<int>
    {
        internal static readonly Stateless Instance = new();

        public int Compare(int x, int y) => y - x;
    }

    private sealed class Counted
    {
        internal static readonly Counted Instance = new();

        public int Count { get; set; }
    }

    private sealed class Rotating(string name) : Encoding
    {
        public string Name { get; } = name;

        public override int GetByteCount(char[] chars, int index, int count) => count;

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => charCount;

        public override int GetCharCount(byte[] bytes, int index, int count) => count;

        public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) => byteCount;

        public override int GetMaxByteCount(int charCount) => charCount;

        public override int GetMaxCharCount(int byteCount) => byteCount;
    }

    private sealed class Inverted(int factor) : JsonConverter<int>
    {
        public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => -factor * reader.GetInt32();

        public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => writer.WriteNumberValue(-factor * value);
    }

    private sealed class Resolver : System.Text.Json.Serialization.Metadata.IJsonTypeInfoResolver
    {
        public System.Text.Json.Serialization.Metadata.JsonTypeInfo? GetTypeInfo(Type type, JsonSerializerOptions options) => null;
    }
}
