using System.Data;
using System.Diagnostics;
using System.Drawing;
using System.Dynamic;
using System.Globalization;
using System.Linq.Expressions;
using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Principal;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using static Tandem.Differential.Values.Some;

namespace Tandem.Differential.Values;

/// <summary>Types of the framework that are no collections.</summary>
internal static class Framework
{
    private const string Tied = "tied to this process";

    internal static void AddTo(ValueList list)
    {
        list.Add("object", r => new object());
        list.Add("Uri", r => new Uri("https://Example.com/a b/?q=" + Uri.EscapeDataString(Word(r)) + "#f"));
        list.Add("relative Uri", r => new Uri("/" + Word(r), UriKind.Relative));
        list.Add("UriBuilder", r => new UriBuilder("http", Word(r), r.Next(1, 9999), "p"));
        list.Add("Version", r => new Version(r.Next(9), r.Next(9), r.Next(9)));
        list.Add("Type", r => r.Next(3) switch { 0 => typeof(int), 1 => typeof(Dictionary<string, Tiny[]>), _ => typeof(List<>) });
        list.Add("DBNull", r => DBNull.Value);
        list.Add("Missing", r => (object)Missing.Value);
        list.Add("StringBuilder", r => new StringBuilder(Text(r)).Append(Text(r)));
        list.Add("Regex", r => new Regex("^a+" + Word(r) + "?", r.Next(2) == 0 ? RegexOptions.IgnoreCase : RegexOptions.None, TimeSpan.FromSeconds(r.Next(1, 9))));
        list.Add("Match", r => Regex.Match("aab", "(a+)(?<last>b)"), "made by a regex");
        list.Add("Random", r => new Random(r.Next()));
        list.Add("Stopwatch", r => new Stopwatch());
        list.Add("Lock", r => new Lock());
        list.Add("CancellationToken", r => CancellationToken.None);
        list.Add("BitVector32", r => new System.Collections.Specialized.BitVector32(r.Next()));
        list.Add("HashCode", r => r.Next(2) == 0 ? StringComparer.Ordinal : (object)StringComparer.OrdinalIgnoreCase);
        list.Add("AssemblyName", r => new AssemblyName("Name, Version=1.2.3.4"));
        list.Add("attribute", r => new ObsoleteAttribute(Text(r), r.Next(2) == 0));
        list.Add("FormattableString", r => (FormattableString)$"{r.Next()} of {Word(r)}");
        list.Add("CompositeFormat", r => CompositeFormat.Parse("{0} and {1:x}"));
        list.Add("ExpandoObject", r => With(new ExpandoObject(), e => ((IDictionary<string, object?>)e)[Word(r)] = r.Next()));

        list.Add("CultureInfo", r => CultureInfo.InvariantCulture);
        list.Add("changed CultureInfo", r => With((CultureInfo)CultureInfo.InvariantCulture.Clone(), c => c.NumberFormat.NumberDecimalSeparator = ","));
        list.Add("NumberFormatInfo", r => new NumberFormatInfo { NumberDecimalSeparator = ",", CurrencySymbol = Word(r) });
        list.Add("DateTimeFormatInfo", r => With(new DateTimeFormatInfo(), f => f.ShortDatePattern = "yyyy_MM"));
        list.Add("CompareInfo", r => CultureInfo.InvariantCulture.CompareInfo);
        list.Add("TextInfo", r => CultureInfo.InvariantCulture.TextInfo, "belongs to a culture");
        list.Add("Calendar", r => (System.Globalization.Calendar)new GregorianCalendar(GregorianCalendarTypes.USEnglish));
        list.Add("TimeZoneInfo UTC", r => TimeZoneInfo.Utc);
        list.Add("TimeZoneInfo local", r => TimeZoneInfo.Local);
        list.Add("TimeZoneInfo of the system", r => TimeZoneInfo.FindSystemTimeZoneById(Zone(r)));
        list.Add("TimeZoneInfo by id", r => TimeZoneInfo.FindSystemTimeZoneById(r.Next(2) == 0 ? "Europe/Berlin" : "America/Sao_Paulo"));
        list.Add("custom TimeZoneInfo", r => TimeZoneInfo.CreateCustomTimeZone(Word(r), TimeSpan.FromMinutes(r.Next(-700, 700)), "X", "Y"));
        list.Add("custom TimeZoneInfo with rules", r => TimeZoneInfo.CreateCustomTimeZone(Word(r), TimeSpan.FromHours(2), "X", "Y", "Z", [TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(new DateTime(2000, 1, 1), new DateTime(2030, 12, 31), TimeSpan.FromHours(1), TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 2, 0, 0), 3, 5, DayOfWeek.Sunday), TimeZoneInfo.TransitionTime.CreateFixedDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 5))]));

        list.Add("Encoding.UTF8", r => Encoding.UTF8);
        list.Add("Encoding.Latin1", r => Encoding.Latin1);
        list.Add("Encoding.ASCII", r => Encoding.ASCII);
        list.Add("UTF8Encoding", r => new UTF8Encoding(r.Next(2) == 0, r.Next(2) == 0));
        list.Add("UTF32Encoding", r => new UTF32Encoding(r.Next(2) == 0, r.Next(2) == 0));
        list.Add("UnicodeEncoding", r => new UnicodeEncoding(r.Next(2) == 0, false));
        list.Add("Encoding with fallbacks", r => Encoding.GetEncoding("us-ascii", new EncoderReplacementFallback(Word(r)), new DecoderReplacementFallback("?")));
        list.Add("Encoding of a provider", r => CodePagesEncodingProvider.Instance.GetEncoding(1252)!, "its provider may not be there");
        list.Add("Encoder", r => Encoding.UTF8.GetEncoder(), "in the middle of a text");

        list.Add("XName", r => XName.Get(Word(r), "urn:" + Word(r)));
        list.Add("XNamespace", r => XNamespace.Get("urn:" + Word(r)));
        list.Add("XElement", r => new XElement(XName.Get("root", "urn:x"), new XAttribute("id", r.Next()), new XElement(Word(r), Word(r)), new XElement("child", new XComment("c"))));
        list.Add("XDocument", r => new XDocument(new XDeclaration("1.0", "utf-8", "yes"), new XElement("root", new XElement("a", r.Next()))));
        list.Add("XAttribute", r => new XAttribute(XName.Get("id", "urn:y"), r.Next()));
        list.Add("XmlDocument", r => With(new XmlDocument(), d => d.LoadXml($"<root xmlns='urn:x'><a id='{r.Next()}'/></root>")), "has tables of names");
        list.Add("XmlQualifiedName", r => new XmlQualifiedName(Word(r), "urn:z"));

        list.Add("JsonDocument", r => JsonDocument.Parse("{\"a\":[1,null,\"" + Word(r) + "\"]}"));
        list.Add("JsonElement", r => JsonDocument.Parse("{\"a\":[1,null,\"" + Word(r) + "\"]}").RootElement.GetProperty("a"));
        list.Add("JsonObject", r => new JsonObject { [Word(r)] = new JsonArray(1, "x", null), ["n"] = r.Next() });
        list.Add("JsonValue", r => (JsonNode)JsonValue.Create(r.Next()));
        list.Add("JsonSerializerOptions", r => new JsonSerializerOptions { WriteIndented = r.Next(2) == 0, PropertyNamingPolicy = JsonNamingPolicy.CamelCase }, "has caches and functions");
        list.Add("used JsonSerializerOptions", r => With(new JsonSerializerOptions { IncludeFields = true, PropertyNameCaseInsensitive = true }, o => JsonSerializer.Serialize((1, 2), o)), "has caches and functions");
        list.Add("JsonNamingPolicy", r => JsonNamingPolicy.SnakeCaseLower);
        list.Add("JsonEncodedText", r => JsonEncodedText.Encode(Word(r)));

        list.Add("IPAddress", r => new IPAddress(r.NextInt64(uint.MaxValue)));
        list.Add("IPAddress v6", r => IPAddress.Parse("fe80::" + r.Next(1, 9) + "%3"));
        list.Add("IPEndPoint", r => new IPEndPoint(IPAddress.Loopback, r.Next(65536)));
        list.Add("DnsEndPoint", r => new DnsEndPoint(Word(r), r.Next(65536)));
        list.Add("IPNetwork", r => new IPNetwork(IPAddress.Parse("10.0.0.0"), r.Next(8, 32)));
        list.Add("Cookie", r => new Cookie(Word(r), Word(r), "/", "example.com"));
        list.Add("CookieContainer", r => With(new CookieContainer(), c => c.Add(new Cookie("a", Word(r), "/", "example.com"))));
        list.Add("NetworkCredential", r => new NetworkCredential("user", Word(r)), "keeps a secret of the system");
        list.Add("HttpMethod", r => r.Next(2) == 0 ? HttpMethod.Get : new HttpMethod("BREW"));
        list.Add("MediaTypeHeaderValue", r => MediaTypeHeaderValue.Parse("text/html; charset=utf-8"));
        list.Add("EntityTagHeaderValue", r => new EntityTagHeaderValue($"\"{Word(r)}\""));
        list.Add("HttpRequestMessage", r => new HttpRequestMessage(HttpMethod.Put, "http://x/" + Word(r)) { Headers = { { "A", "b" } } }, Tied);
        list.Add("MailAddress", r => new System.Net.Mail.MailAddress(Word(r) + "@example.com", "N"));
        list.Add("PhysicalAddress", r => new System.Net.NetworkInformation.PhysicalAddress([1, 2, 3, (byte)r.Next()]));
        list.Add("HttpStatusCode", r => (HttpStatusCode)r.Next(100, 600));

        list.Add("Color", r => r.Next(3) switch { 0 => Color.Red, 1 => Color.FromArgb(r.Next()), _ => Color.Empty });
        list.Add("Rectangle", r => new Rectangle(r.Next(), 2, 3, 4));
        list.Add("Claim", r => new Claim("type", Word(r), null, "issuer"));
        list.Add("ClaimsIdentity", r => new ClaimsIdentity([new Claim(ClaimTypes.Name, Word(r)), new Claim(ClaimTypes.Role, "admin")], "test"));
        list.Add("ClaimsPrincipal", r => new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, Word(r))], "test")));
        list.Add("GenericPrincipal", r => new GenericPrincipal(new GenericIdentity(Word(r)), ["a", "b"]));
        list.Add("HashAlgorithmName", r => HashAlgorithmName.SHA256);
        list.Add("RSAParameters", r => new RSAParameters { Exponent = [1, 0, 1], Modulus = [(byte)r.Next(), 2] });
        list.Add("Oid", r => new Oid("2.5.4.3"));
        list.Add("ActivityContext", r => new ActivityContext(ActivityTraceId.CreateFromString("0af7651916cd43dd8448eb211c80319c"), ActivitySpanId.CreateFromString("b7ad6b7169203331"), ActivityTraceFlags.Recorded, "s", true));
        list.Add("FileInfo", r => new FileInfo("/tmp/" + Word(r)));
        list.Add("DirectoryInfo", r => new DirectoryInfo("/tmp/" + Word(r)));
        list.Add("MemoryStream", r => With(new MemoryStream(), s => { s.Write([1, 2, (byte)r.Next()]); s.Position = 1; }), "a stream");
        list.Add("StringWriter", r => With(new StringWriter(), w => w.Write(Word(r))), "a writer");
        list.Add("DataTable", r => With(new DataTable("t"), t => { t.Columns.Add("id", typeof(int)); t.Columns.Add("name", typeof(string)); t.PrimaryKey = [t.Columns[0]]; t.Rows.Add(r.Next(), Word(r)); t.Rows.Add(-1, DBNull.Value); t.AcceptChanges(); t.Rows.Add(-2, "new"); }), "a table");
        list.Add("DataSet", r => With(new DataSet("s"), s => { var t = s.Tables.Add("a"); t.Columns.Add("id", typeof(int)); t.Rows.Add(r.Next()); s.AcceptChanges(); }), "tables");
        list.Add("SqlInt32", r => new System.Data.SqlTypes.SqlInt32(r.Next()));
        list.Add("SqlString", r => new System.Data.SqlTypes.SqlString(Word(r)));
        list.Add("SqlDecimal", r => new System.Data.SqlTypes.SqlDecimal(1.5m));

        list.Add("Func", r => With(r.Next(), n => { }) is int n ? (Func<int>)(() => n + 1) : null);
        list.Add("static Func", r => (Func<int, int>)(static x => x * 2));
        list.Add("method group", r => (Func<string, bool>)string.IsNullOrEmpty);
        list.Add("method group of an object", r => (Func<int>)Few(r, Word).Count);
        list.Add("expression tree", r => (Expression<Func<int, int>>)(x => x + 1));
        list.Add("expression tree with members", r => (Expression<Func<string, object>>)(s => new { Length = s.Trim().Length + int.MaxValue, Many = new List<string> { s } }));
        list.Add("captured expression tree", r => CapturingTree(r.Next(100)));
        list.Add("Lazy", r => new Lazy<int>(() => 5), Tied);
        list.Add("Task", r => Task.FromResult(r.Next()), Tied);
        list.Add("SemaphoreSlim", r => new SemaphoreSlim(1), Tied);
        list.Add("WeakReference", r => new WeakReference(null), Tied);
        list.Add("CancellationTokenSource", r => new CancellationTokenSource(), Tied);
        list.Add("PropertyInfo", r => typeof(string).GetProperty("Length")!);
        list.Add("MethodInfo", r => typeof(Enumerable).GetMethod(nameof(Enumerable.Empty))!.MakeGenericMethod(typeof(int)));
        list.Add("ConstructorInfo", r => typeof(List<string>).GetConstructor(Type.EmptyTypes)!);
        list.Add("FieldInfo", r => typeof(int).GetField(nameof(int.MaxValue))!);
        list.Add("EventInfo", r => typeof(AppDomain).GetEvent(nameof(AppDomain.ProcessExit))!);
        list.Add("ParameterInfo", r => typeof(string).GetMethod(nameof(string.IsNullOrEmpty))!.GetParameters()[0]);
        list.Add("HttpClient", r => new HttpClient(), Tied);
        list.Add("lazy query", r => Enumerable.Range(1, 5).Select(x => x * 2).Where(x => x > 4));
        list.Add("query over an array", r => Few(r, Int).Select(x => x / 2).OrderBy(x => x).Take(3));
        list.Add("Enumerable.Range", r => Enumerable.Range(r.Next(9), 5));
        list.Add("Enumerable.Repeat", r => Enumerable.Repeat(Word(r), 3));
        list.Add("grouping", r => Few(r, Int).GroupBy(x => x % 3).ToList());
        list.Add("lookup", r => Few(r, Word).ToLookup(x => x.Length));
        list.Add("IQueryable", r => new[] { 1, 2, r.Next() }.AsQueryable());
        list.Add("composed IQueryable", r => new[] { 3, 1, 2 }.AsQueryable().Where(x => x > 1).OrderBy(x => x).Select(x => x.ToString()));
    }
}
