using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Tandem.Tool;

/// <summary>Describes what is wrong with a command line, in terms of the command and not of the parser.</summary>
internal static partial class UsageErrors
{
    /// <summary>The most useful error: a missing argument is often only a consequence of a surplus one.</summary>
    internal static string Of(ParseResult parsed) => Words(parsed.Errors.MinBy(static error => error.Message switch
    {
        _ when IsOption(error) => 0,
        _ when IsMissing(error) => 2,
        _ => 1,
    })!);

    /// <summary>The command's path, such as <c>tandem serve status</c>.</summary>
    internal static string PathOf(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult command; result = command.Parent)
            names.Push(command.Command.Name);

        return string.Join(' ', names);
    }

    /// <summary>Rejects options among the values of an argument that takes any text, so that a mistyped option is reported.</summary>
    internal static void RefuseOptions(ArgumentResult result)
    {
        if (result.Tokens.FirstOrDefault(static token => IsOption(token.Value)) is { } option)
            result.AddError(NoOption(option.Value));
    }

    /// <summary>Rejects a value of an option that takes text.</summary>
    internal static void RefuseValue(OptionResult result, string value, string expected) =>
        result.AddError(WrongValue(ValueOf(result.Option), value, expected));

    private static string Words(ParseError error)
    {
        if (Unparsable().Match(error.Message) is { Success: true } match)
        {
            string value = match.Groups["value"].Value;
            string what = match.Groups["type"].Value.Contains("Int", StringComparison.Ordinal) ? "a whole number" : "a number";
            return WrongValue(NameOf(error), value, what);
        }

        if (IsMissing(error))
            return error.SymbolResult is CommandResult ? "It needs a command." : $"{NameOf(error)} is missing.";

        return Lines().Replace(error.Message.Trim(), " ").Replace("' '", "', '", StringComparison.Ordinal);
    }

    private static bool IsMissing(ParseError error) => error.Message.StartsWith("Required", StringComparison.Ordinal);

    private static bool IsOption(ParseError error) =>
        error.SymbolResult is ArgumentResult { Parent: CommandResult, Tokens: [var token, ..] } && IsOption(token.Value);

    private static bool IsOption(string value) => value is ['-', not (>= '0' and <= '9'), ..];

    private static string WrongValue(string what, string value, string expected) =>
        IsOption(value) ? NoOption(value) : $"{what} is '{value}'; it must be {expected}.";

    private static string ValueOf(System.CommandLine.Option option) => $"The value of {option.Name}";

    private static string NoOption(string name) => $"There is no option '{name}'.";

    private static string NameOf(ParseError error) => error.SymbolResult switch
    {
        OptionResult option => ValueOf(option.Option),
        ArgumentResult { Parent: OptionResult option } => ValueOf(option.Option),
        ArgumentResult argument => $"The {argument.Argument.Name}",
        _ => "A value",
    };

    [GeneratedRegex("^Cannot parse argument '(?<value>.*)' for .* as expected type '(?<type>.*)'", RegexOptions.Singleline)]
    private static partial Regex Unparsable();

    [GeneratedRegex(@"\s*\n\s*")]
    private static partial Regex Lines();
}
