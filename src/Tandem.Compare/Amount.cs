using System.Globalization;

namespace Tandem.Compare;

/// <summary>How many there are of something, as people write it.</summary>
internal static class Amount
{
    /// <summary>Such as <c>1 thread</c> or <c>12 threads</c>.</summary>
    /// <param name="number">How many.</param>
    /// <param name="one">The word for one.</param>
    /// <param name="many">For another number; null where an s is all that differs.</param>
    internal static string Of(long number, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {(number == 1 ? one : many ?? one + "s")}");
}
