using System.Globalization;

namespace Tandem.Serve.Protocol;

/// <summary>The time limit of requests (<c>--request-timeout</c>).</summary>
/// <param name="Limit">How long a request may run before it is aborted, in milliseconds.</param>
/// <param name="Grace">How long a request may keep its thread after it was aborted, in milliseconds.</param>
/// <param name="Except">Paths at and below which there is no limit.</param>
internal sealed record RequestLimits(int Limit, int Grace, IReadOnlyList<string> Except)
{
    private const char Separator = '\x1f'; // a character that no path contains

    /// <summary>The limits as a text without line breaks; empty if there is no limit.</summary>
    internal static string Write(RequestLimits? limits) => limits is null
        ? ""
        : string.Join(
            Separator,
            [limits.Limit.ToString(CultureInfo.InvariantCulture), limits.Grace.ToString(CultureInfo.InvariantCulture), .. limits.Except]);

    /// <summary>Parses the text that <see cref="Write"/> returned.</summary>
    internal static RequestLimits? Read(string text)
    {
        if (text.Length == 0)
            return null;

        string[] parts = text.Split(Separator);
        return new RequestLimits(
            int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture), parts[2..]);
    }
}
