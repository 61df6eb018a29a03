using System.Globalization;

namespace Tandem.Transport.Mapped;

/// <summary>The names of what a worker opens to connect to its parent over mapped memory.</summary>
/// <param name="Pool">
/// On Unix the absolute path of the pool's folder, in which all names are. On Windows what all names begin with: names of objects that are
/// gone with their last handle.
/// </param>
/// <param name="Worker">The number of the worker in its pool; two workers of a pool never have the same.</param>
internal readonly record struct MappedAddress(string Pool, int Worker)
{
    private const string Scheme = "mapped:";

    /// <summary>The memory for the arguments of all items of the pool.</summary>
    internal string Requests => RequestsOf(Pool);

    /// <summary>The memory for header, cells and rings.</summary>
    internal string Link => NameOf(Pool, $"{Number}.l");

    /// <summary>The memory for the worker's results.</summary>
    internal string Results => NameOf(Pool, $"{Number}.r");

    /// <summary>The pipe for control frames.</summary>
    internal string Control => NameOf(Pool, $"{Number}.c");

    /// <summary>Unix: the pipe whose bytes wake the other side.</summary>
    internal string Bells => NameOf(Pool, $"{Number}.b");

    /// <summary>Windows: the event that wakes the worker.</summary>
    internal string WorkerEvent => NameOf(Pool, $"{Number}.w");

    /// <summary>Windows: the event that wakes the parent.</summary>
    internal string ParentEvent => NameOf(Pool, $"{Number}.p");

    private string Number => Worker.ToString(CultureInfo.InvariantCulture);

    internal static string RequestsOf(string pool) => NameOf(pool, "requests");

    /// <summary>Reads what <see cref="ToString"/> wrote; null if it is something else.</summary>
    internal static MappedAddress? TryParse(string text)
    {
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
            return null;

        int end = text.IndexOf(':', Scheme.Length);
        return end > 0 && int.TryParse(text.AsSpan(Scheme.Length, end - Scheme.Length), CultureInfo.InvariantCulture, out int worker)
            ? new MappedAddress(text[(end + 1)..], worker)
            : null;
    }

    public override string ToString() => $"{Scheme}{Number}:{Pool}";

    private static string NameOf(string pool, string part) => pool + (OperatingSystem.IsWindows() ? '-' : Path.DirectorySeparatorChar) + part;
}
