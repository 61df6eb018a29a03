using System.Text.RegularExpressions;

namespace Tandem.Differential;

/// <summary>Texts without what tells of the process that made them.</summary>
internal static partial class Formatting
{
    /// <summary>The text, without stack traces.</summary>
    internal static string? WithoutStacks(string? text) => text is null ? null : Stacks().Replace(text, "");

    [GeneratedRegex(@"(\r?\n\s*(at [^\n]*?\)( in [^\n]*?:line \d+)?|--- End of [^\n]*? ---))+\s*", RegexOptions.None, 5_000)]
    private static partial Regex Stacks();
}
