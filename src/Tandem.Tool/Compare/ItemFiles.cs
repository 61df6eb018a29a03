using System.IO.Enumeration;

namespace Tandem.Tool.Compare;

/// <summary>Reads items that the command line names.</summary>
internal static class ItemFiles
{
    /// <summary>The files that match the patterns, each once, in a fixed order.</summary>
    /// <exception cref="UsageException">No file matches.</exception>
    internal static string[] Matching(IReadOnlyList<string> patterns)
    {
        string[] files = [.. patterns.SelectMany(Matching).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (files.Length > 0)
            return files;

        string names = string.Join(", ", patterns.Select(static pattern => $"'{pattern}'"));
        throw new UsageException($"No file matches {names} (searched from {Directory.GetCurrentDirectory()}).");
    }

    /// <summary>The lines of a file, without empty ones.</summary>
    internal static string[] Lines(string file)
    {
        string[] lines;
        try
        {
            lines = [.. File.ReadLines(file).Where(static line => !string.IsNullOrWhiteSpace(line))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--items-from: {e.Message}");
        }

        return lines.Length > 0 ? lines : throw new UsageException($"--items-from: '{file}' has no lines.");
    }

    private static IEnumerable<string> Matching(string pattern)
    {
        if (File.Exists(pattern))
            return [Path.GetFullPath(pattern)];

        // The part before the first wildcard is a folder; the rest is matched below it.
        string[] parts = pattern.Split('/');
        int fixedParts = Array.FindIndex(parts, static part => part.AsSpan().ContainsAny('*', '?'));
        if (fixedParts < 0)
            return [];

        string root = fixedParts == 0 ? "." : string.Join('/', parts[..fixedParts]);
        root = Path.GetFullPath(root.Length == 0 ? "/" : root);
        if (!Directory.Exists(root))
            return [];

        string[] rest = parts[fixedParts..];
        var all = new EnumerationOptions { RecurseSubdirectories = rest.Length > 1 || rest[0] == "**", AttributesToSkip = 0 };
        return new FileSystemEnumerable<string>(root, static (ref entry) => entry.ToFullPath(), all)
        {
            ShouldIncludePredicate = (ref entry) =>
                !entry.IsDirectory && Fits(Path.GetRelativePath(root, entry.ToFullPath()).Split('/'), rest),
            ShouldRecursePredicate = static (ref entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };
    }

    private static bool Fits(ReadOnlySpan<string> names, ReadOnlySpan<string> patterns)
    {
        if (patterns.Length == 0)
            return names.Length == 0;
        if (patterns[0] == "**")
            return Fits(names, patterns[1..]) || (names.Length > 0 && Fits(names[1..], patterns));

        return names.Length > 0
            && FileSystemName.MatchesSimpleExpression(patterns[0], names[0], ignoreCase: false)
            && Fits(names[1..], patterns[1..]);
    }
}
