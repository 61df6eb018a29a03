using System.Globalization;

namespace Tandem.Serve.Protocol;

/// <summary>How long a request may take.</summary>
/// <param name="Limit">In milliseconds, until it is aborted.</param>
/// <param name="Grace">In milliseconds, how long after that it may still hold its thread.</param>
/// <param name="Except">Paths below which there is no limit.</param>
internal sealed record RequestLimits(int Limit, int Grace, IReadOnlyList<string> Except)
{
    private const char Separator = '\x1f'; // which no path has in it

    /// <summary>As a text without line breaks; empty where there is no limit.</summary>
    internal static string Write(RequestLimits? limits) => limits is null
        ? ""
        : string.Join(Separator, [limits.Limit.ToString(CultureInfo.InvariantCulture), limits.Grace.ToString(CultureInfo.InvariantCulture), .. limits.Except]);

    /// <summary>What <see cref="Write"/> wrote.</summary>
    internal static RequestLimits? Read(string text)
    {
        if (text.Length == 0)
            return null;

        string[] parts = text.Split(Separator);
        return new RequestLimits(int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture), parts[2..]);
    }
}
