using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using static Tandem.Differential.Values.Some;

namespace Tandem.Differential.Values;

/// <summary>Exceptions: as values, and thrown by work.</summary>
internal static class Failures
{
    internal static void AddTo(ValueList list)
    {
        list.Add("Exception", r => new Exception(Text(r)));
        list.Add("ArgumentException", r => (Exception)new ArgumentException(Text(r), "parameter"));
        list.Add("ArgumentOutOfRangeException", r => (Exception)new ArgumentOutOfRangeException("p", r.Next(), "too large"));
        list.Add("KeyNotFoundException", r => Thrown(() => new Dictionary<string, int>()[Word(r)].ToString(CultureInfo.InvariantCulture)));
        list.Add("IndexOutOfRangeException", r => Thrown(() => (new int[1])[r.Next(2, 9)].ToString(CultureInfo.InvariantCulture)));
        list.Add("NullReferenceException", r => Thrown(() => ((string)null!).Trim()));
        list.Add("DivideByZeroException", r => Thrown(() => (r.Next() / (r.Next() * 0)).ToString(CultureInfo.InvariantCulture)));
        list.Add("InvalidCastException", r => Thrown(() => ((string)(object)r.Next()).Trim()));
        list.Add("FormatException", r => Thrown(() => int.Parse(Word(r), CultureInfo.InvariantCulture)));
        list.Add("exception with data", r => With(new InvalidOperationException(Text(r)), e => { e.Data["id"] = r.Next(); e.Data["name"] = Text(r); e.HelpLink = "http://x"; e.HResult = 5; }));
        list.Add("exception with inner", r => (Exception)new InvalidOperationException("outer", new FormatException(Text(r), new Customer404(r.Next()))));
        list.Add("AggregateException", r => new AggregateException(Text(r), new FormatException("a"), new Customer404(r.Next())));
        list.Add("empty AggregateException", r => new AggregateException());
        list.Add("large AggregateException", r => new AggregateException(Enumerable.Range(0, 1200).Select(i => new FormatException("e" + i))));
        list.Add("OperationCanceledException", r => new OperationCanceledException(Text(r), new TimeoutException("slow")));
        list.Add("TaskCanceledException", r => new TaskCanceledException(Text(r), new TimeoutException("slow")));
        list.Add("HttpRequestException", r => new HttpRequestException(HttpRequestError.ConnectionError, Text(r), null, HttpStatusCode.BadGateway));
        list.Add("SocketException", r => new SocketException((int)SocketError.ConnectionReset));
        list.Add("Win32Exception", r => (Exception)new Win32Exception(r.Next(1, 40)));
        list.Add("FileNotFoundException", r => Thrown(() => File.OpenRead("/nowhere/" + Word(r)).Dispose()));
        list.Add("IOException with code", r => new IOException(Text(r), 0x1234));
        list.Add("JsonException", r => new JsonException(Text(r), "$.a", 3, 4));
        list.Add("JsonReaderException", r => Thrown(() => JsonDocument.Parse("{" + Word(r)).Dispose()));
        list.Add("JsonException of a deserializer", r => Thrown(() => JsonSerializer.Deserialize<Customer>("{\"Age\":\"x\"}")));
        list.Add("XmlException", r => Thrown(() => new XmlDocument().LoadXml("<a>")));
        list.Add("RegexMatchTimeoutException", r => new RegexMatchTimeoutException("input", "pattern", TimeSpan.FromSeconds(1)));
        list.Add("RegexParseException", r => Thrown(() => Regex.Match("x", "(" + Word(r)).ToString()));
        list.Add("TypeInitializationException", r => (Exception)new TypeInitializationException(Word(r), new Customer404(1)));
        list.Add("TargetInvocationException", r => (Exception)new System.Reflection.TargetInvocationException(Text(r), new Customer404(1)));
        list.Add("ObjectDisposedException", r => (Exception)new ObjectDisposedException("name", Text(r)));
        list.Add("TimeZoneNotFoundException", r => Thrown(() => TimeZoneInfo.FindSystemTimeZoneById(Word(r))));
        list.Add("CultureNotFoundException", r => new CultureNotFoundException("p", "xx-yy", Text(r)));
        list.Add("DecoderFallbackException", r => Thrown(() => new System.Text.UTF8Encoding(false, true).GetString([0xff])));
        list.Add("UnreachableException", r => (Exception)new System.Diagnostics.UnreachableException(Text(r)));
        list.Add("SwitchExpressionException", r => Thrown(() => (r.Next(5, 9) switch { 1 => 2 }).ToString(CultureInfo.InvariantCulture)));
        list.Add("WebException", r => (Exception)new WebException(Text(r), WebExceptionStatus.Timeout));
        list.Add("DataException", r => (Exception)new System.Data.DuplicateNameException(Text(r)));
        list.Add("RuntimeBinderException", r => Thrown(() => ((dynamic)r.Next()).Nothing()));
        list.Add("own exception", r => new Customer404(r.Next()));
        list.Add("own exception, primary constructor", r => new OrderRejected(r.Next(), Text(r)));
        list.Add("own exception with members", r => new Detailed(Text(r)) { Customer = new Customer(Text(r), 1), Numbers = Few(r, Int) });
        list.Add("own exception, own message", r => new OwnMessage(r.Next()));
        list.Add("own generic exception", r => new Carrying<Money>(new Money(r.Next(), "EUR")));
        list.Add("own derived exception", r => (OrderRejected)new RejectedLate(r.Next(), new DateTime(r.Next())));
        list.Add("own exception of another kind", r => new OwnArgument(Word(r), r.Next()));
        list.Add("own exception with the old protocol", r => new OldProtocol(Text(r), r.Next()));
        list.Add("own exception, private constructor", r => OnlyByFactory.Make(Text(r)));
        list.Add("own private exception", r => Order.Fail(Text(r)));
        list.Add("own exception, constructor throws", r => new Picky("ok " + Word(r)));
        list.Add("own cancellation", r => new GaveUp(r.Next()));
        list.Add("long message", r => new InvalidOperationException(new string('m', 70_000)));
    }
}
