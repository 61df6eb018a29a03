using System.Net;
using System.Net.Sockets;

namespace Tandem.Serve.Listening;

/// <summary>End points as text in messages.</summary>
internal static class EndPointText
{
    private const string Unix = "unix:";

    internal static string Write(EndPoint endPoint) =>
        endPoint is UnixDomainSocketEndPoint ? Unix + endPoint : ((IPEndPoint)endPoint).ToString();

    internal static EndPoint Read(string text) =>
        text.StartsWith(Unix, StringComparison.Ordinal)
            ? new UnixDomainSocketEndPoint(PathOf(text[Unix.Length..]))
            : IPEndPoint.Parse(text);

    /// <summary>An abstract socket name is written with a leading <c>@</c>. Paths are absolute.</summary>
    private static string PathOf(string name) => name is ['@', ..] ? "\0" + name[1..] : name;
}
