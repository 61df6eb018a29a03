using System.Text.RegularExpressions;

namespace Tandem.Diagnostics;

/// <summary>Converts compiler-generated names into the names of the source code.</summary>
internal static partial class SourceName
{
    /// <summary>
    /// <c>Shop+&lt;&gt;c.&lt;Buy&gt;b__4_0()</c> becomes <c>Shop.Buy.(lambda)()</c>, and the <c>MoveNext</c> of an async method becomes the
    /// method itself.
    /// </summary>
    internal static string Of(string signature)
    {
        string name = StateMachine().Replace(signature, "$1.$2(");
        name = Closure().Replace(name, ".");
        name = Lambda().Replace(name, "$1.(lambda)");
        name = Local().Replace(name, "$1.$2");
        name = Main().Replace(name, "$1");
        while (Arguments().IsMatch(name))
            name = Arguments().Replace(name, static match =>
                $"<{Assembly().Replace(match.Groups[1].Value, "").Replace("],[", ", ", StringComparison.Ordinal)}>");
        return name.Replace('+', '.');
    }

    [GeneratedRegex(@"^(.*?)\+<(.+?)>d(?:__\d+)?(?:`\d+(?:\[\[.*?\]\])?)?\.MoveNext\(")]
    private static partial Regex StateMachine();

    // Innermost first: type arguments that contain no other ones.
    [GeneratedRegex(@"`\d+\[\[((?:[^\[\]]|\],\[)*)\]\]")]
    private static partial Regex Arguments();

    [GeneratedRegex(@", [\w.\-]+(?=\],\[|$)")]
    private static partial Regex Assembly();

    [GeneratedRegex(@"<(\w+)>\$")]
    private static partial Regex Main();

    [GeneratedRegex(@"\+<>c(?:__DisplayClass\d+_\d+)?(?:`\d+(?:\[\[.*?\]\])?)?\.")]
    private static partial Regex Closure();

    [GeneratedRegex(@"<(<[^<>]*>\$|[^<>]*)>b__\d+(?:_\d+)?")]
    private static partial Regex Lambda();

    [GeneratedRegex(@"<(<[^<>]*>\$|[^<>]*)>g__(\w+)\|\d+(?:_\d+)?")]
    private static partial Regex Local();
}
