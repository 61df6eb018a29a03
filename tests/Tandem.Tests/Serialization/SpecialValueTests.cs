using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tandem.Tests.Serialization;

public class SpecialValueTests
{
    public static TheoryData<object> EqualOnArrival => new()
    {
        new Uri("https://example.com/a b?q=1#f"), new Uri("/relative", UriKind.Relative), new Version(1, 2), CultureInfo.InvariantCulture,
        DBNull.Value, IPAddress.Parse("10.0.0.1"), IPAddress.Parse("fe80::1%3"), IPAddress.Any, new IPEndPoint(IPAddress.Loopback, 80),
        TimeZoneInfo.Utc, TimeZoneInfo.CreateCustomTimeZone("x", TimeSpan.FromHours(2), "X", "X"), CultureInfo.InvariantCulture.CompareInfo,
        System.Numerics.BigInteger.Parse("-123456789012345678901234567890", CultureInfo.InvariantCulture), Encoding.UTF8, Encoding.Latin1,
        typeof(int), typeof(List<>), typeof(Dictionary<string, Person>), new DnsEndPoint("host", 1),
    };

    [Theory]
    [MemberData(nameof(EqualOnArrival))]
    public void A_value_of_the_framework_arrives_equal(object value)
    {
        Assert.Equal(value, Wire.RoundTrip(value));
        Assert.Equal(value, Wire.RoundTrip(new Node { Other = value }).Other);
    }

    [Fact]
    public void There_is_one_DBNull() => Assert.Same(DBNull.Value, Wire.RoundTrip(DBNull.Value));

    [Fact]
    public void A_type_arrives_where_a_type_is_declared() =>
        Assert.Equal([typeof(int), null, typeof(int)], Wire.RoundTrip<Type?[]>([typeof(int), null, typeof(int)]));

    [Fact]
    public void A_regex_keeps_pattern_options_and_timeout()
    {
        Regex read = Wire.RoundTrip(new Regex("a+", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(3)));
        Assert.Equal(("a+", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(3)), (read.ToString(), read.Options, read.MatchTimeout));
        Assert.Matches(read, "xAAx");
        Assert.Equal(Regex.InfiniteMatchTimeout, Wire.RoundTrip(new Regex("b")).MatchTimeout);
    }

    [Fact]
    public void An_encoding_keeps_its_mark_and_its_strictness()
    {
        var strict = new UTF8Encoding(false, true);
        UTF8Encoding read = Wire.RoundTrip(strict);
        Assert.Empty(read.Preamble.ToArray());
        Assert.Throws<DecoderFallbackException>(() => read.GetString([0xff]));
        Assert.Equal(1201, Wire.RoundTrip(Encoding.BigEndianUnicode).CodePage);
    }

    [Fact]
    public void A_string_builder_keeps_its_text()
    {
        var text = new StringBuilder();
        for (int i = 0; i < 10_000; i++)
            text.Append(i);
        Assert.Equal(text.ToString(), Wire.RoundTrip(text).Append("").ToString());
    }

    [Fact]
    public void Files_and_directories_arrive_as_their_paths()
    {
        Assert.Equal("/tmp/a.txt", Wire.RoundTrip(new FileInfo("/tmp/a.txt")).FullName);
        Assert.Equal("/tmp/b", Wire.RoundTrip<FileSystemInfo>(new DirectoryInfo("/tmp/b")).FullName);
    }

    [Fact]
    public void Json_arrives_as_its_text()
    {
        using JsonDocument document = JsonDocument.Parse("""{ "a": [1, "two", null] }""");
        Assert.Equal(1, Wire.RoundTrip(document.RootElement).GetProperty("a")[0].GetInt32());
        Assert.Equal(JsonValueKind.Undefined, Wire.RoundTrip(default(JsonElement)).ValueKind);
        using JsonDocument read = Wire.RoundTrip(document);
        Assert.Equal("two", read.RootElement.GetProperty("a")[1].GetString());
        Assert.Equal("""{"a":[1]}""", Wire.RoundTrip(new JsonObject { ["a"] = new JsonArray(1) }).ToJsonString());
        Assert.Equal(3, (int)Wire.RoundTrip<JsonNode>(JsonValue.Create(3))!);
    }

    [Fact]
    public void A_part_of_a_Json_tree_arrives_in_its_tree()
    {
        JsonNode root = JsonNode.Parse("""{ "a": [1, { "B": 2 }] }""", new JsonNodeOptions { PropertyNameCaseInsensitive = true })!;
        JsonNode part = root["a"]![1]!;
        (JsonNode Part, JsonNode Root, JsonNode Again) read = Wire.RoundTrip((part, root, part));
        Assert.Same(read.Part, read.Again);
        Assert.Same(read.Root, read.Part.Root);
        Assert.Same(read.Part, read.Root["A"]![1]);
        Assert.Equal(2, (int)read.Part["b"]!);
    }

    [Fact]
    public void A_lock_arrives_free()
    {
        var held = new Lock();
        lock (held)
        {
            Lock read = Wire.RoundTrip(held);
            Assert.False(read.IsHeldByCurrentThread);
            Assert.True(read.TryEnter());
            read.Exit();
        }
    }

    [Fact]
    public void Number_formats_keep_what_was_changed()
    {
        var format = new NumberFormatInfo { NumberDecimalSeparator = "," };
        Assert.Equal("1,5", 1.5.ToString(Wire.RoundTrip(format)));
    }
}
