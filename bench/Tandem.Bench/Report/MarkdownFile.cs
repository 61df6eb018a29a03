namespace Tandem.Bench.Report;

/// <summary>A page of documentation, one part of which is generated.</summary>
internal static class MarkdownFile
{
    /// <summary>Replaces what stands between the markers; makes the page where there is none.</summary>
    /// <param name="file">The page.</param>
    /// <param name="text">What is to stand there.</param>
    /// <param name="part">The word in the markers.</param>
    /// <exception cref="InvalidDataException">The page has no markers, so where the text belongs is not known.</exception>
    internal static void Replace(string file, string text, string part = "table")
    {
        string beginMark = $"<!-- {part}:begin -->", endMark = $"<!-- {part}:end -->";
        string page = File.Exists(file) ? File.ReadAllText(file) : $"# Performance\n\n{beginMark}\n{endMark}\n";
        int begin = page.IndexOf(beginMark, StringComparison.Ordinal);
        int end = page.IndexOf(endMark, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
            throw new InvalidDataException($"{file} has no lines {beginMark} and {endMark} between which the table could be written.");

        File.WriteAllText(file, $"{page[..(begin + beginMark.Length)]}\n{text.TrimEnd()}\n{page[end..]}");
    }
}
