namespace Tandem.Processes;

/// <summary>Finds what the runtime prints about a crash in the lines of standard error.</summary>
internal static class CrashStack
{
    // The runtime's own words: "Unhandled exception. System…", "Stack overflow.", "Process terminated.", "Fatal error."
    private static readonly string[] Headlines =
        ["Unhandled exception.", "Stack overflow.", "Process terminated.", "Fatal error.", "Out of memory."];

    /// <summary>The lines from the runtime's headline to the last frame; null where there are none.</summary>
    internal static string? Find(string output)
    {
        string[] lines = output.Split('\n');
        int first = Array.FindLastIndex(
            lines, static line => Array.Exists(Headlines, headline => line.StartsWith(headline, StringComparison.Ordinal)));
        if (first < 0)
            return null;

        int last = Array.FindLastIndex(lines, static line => line.TrimStart().StartsWith("at ", StringComparison.Ordinal));
        return last > first ? string.Join('\n', lines[first..(last + 1)]) : null;
    }

    /// <summary>
    /// What stands before the first frame, such as the type and the message of an unhandled exception; null where there is nothing.
    /// </summary>
    internal static string? Headline(string output)
    {
        const string Unhandled = "Unhandled exception. ";
        const int MostLines = 10;
        string[] lines = output.Split('\n');
        int first = Array.FindLastIndex(
            lines, static line => Array.Exists(Headlines, headline => line.StartsWith(headline, StringComparison.Ordinal)));
        if (first < 0)
            return null;

        int end = Array.FindIndex(lines, first, static line => line.TrimStart().StartsWith("at ", StringComparison.Ordinal));
        end = Math.Min(end < 0 ? lines.Length : end, first + MostLines);
        string headline = string.Join('\n', lines[first..end]).Trim();
        return headline.StartsWith(Unhandled, StringComparison.Ordinal) ? $"Unhandled exception: {headline[Unhandled.Length..]}" : headline;
    }

    internal static bool SaysOutOfMemory(string output) =>
        output.Contains("Out of memory", StringComparison.Ordinal)
        || output.Contains(nameof(OutOfMemoryException), StringComparison.Ordinal);
}
