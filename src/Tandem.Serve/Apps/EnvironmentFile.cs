using System.Globalization;
using System.Text;

namespace Tandem.Serve.Apps;

/// <summary>
/// Reads environment variables from a file with one <c>NAME=value</c> per line, in the form that service managers and container tools use.
/// A line that begins with <c>#</c> is a comment, and <c>export</c> before a name is allowed. Values in single quotes are literal; in
/// double quotes, <c>\"</c>, <c>\\</c> and <c>\n</c> have their usual meaning. Nothing is expanded.
/// </summary>
internal static class EnvironmentFile
{
    private const string Export = "export ";
    private const string OwnPrefix = "TANDEM_";

    /// <exception cref="ServeException">The file cannot be read, or a line has another form.</exception>
    internal static Dictionary<string, string> Read(string path)
    {
        try
        {
            return Parse(File.ReadLines(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ServeException(
                ServeExitCode.BadApplication, $"The environment file '{path}' (--env-file) cannot be read: {e.Message}", e);
        }
    }

    internal static Dictionary<string, string> Parse(IEnumerable<string> lines, string path)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            string text = line.Trim();
            if (text.Length == 0 || text[0] == '#')
                continue;
            if (text.StartsWith(Export, StringComparison.Ordinal))
                text = text[Export.Length..].TrimStart();

            int end = text.IndexOf('=', StringComparison.Ordinal);
            string name = end < 0 ? "" : text[..end].TrimEnd();
            if (name.Length == 0 || name.Any(char.IsWhiteSpace))
                throw Bad(path, number, "is not NAME=value");
            if (name.StartsWith(OwnPrefix, StringComparison.Ordinal))
                throw Bad(path, number, $"sets '{name}', but names that begin with {OwnPrefix} are reserved for `tandem serve`");

            variables[name] = Value(text[(end + 1)..].TrimStart())
                ?? throw Bad(path, number, "has a quoted value without a closing quote at the end of the line");
        }

        return variables;
    }

    /// <returns>Null if a quote is not closed, or text follows it.</returns>
    private static string? Value(string text)
    {
        if (text is not ['"' or '\'', ..])
            return text.Contains('\0', StringComparison.Ordinal) ? null : text;

        char quote = text[0];
        var value = new StringBuilder();
        for (int i = 1; i < text.Length; i++)
        {
            char c = text[i];
            if (c == quote)
                return i == text.Length - 1 ? value.ToString() : null;
            if (quote == '"' && c == '\\' && i + 1 < text.Length)
                value.Append(text[++i] switch { 'n' => "\n", '"' => "\"", '\\' => "\\", var other => $"\\{other}" });
            else
                value.Append(c);
        }

        return null;
    }

    private static ServeException Bad(string path, int line, string what) =>
        new(
            ServeExitCode.BadApplication,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Line {line} of the environment file '{path}' (--env-file) {what}."));
}
