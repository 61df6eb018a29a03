using System.Globalization;

namespace Tandem.Compare;

/// <summary>Formats a number with its noun.</summary>
internal static class Amount
{
    /// <summary>Returns text such as <c>1 thread</c> or <c>12 threads</c>.</summary>
    /// <param name="number">The number.</param>
    /// <param name="one">The noun in the singular.</param>
    /// <param name="many">The noun in the plural; null if it only needs an s.</param>
    internal static string Of(long number, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {(number == 1 ? one : many ?? one + "s")}");
}
