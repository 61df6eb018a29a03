namespace Tandem.Bench.Report;

/// <summary>A page of documentation, one part of which is generated.</summary>
internal static class MarkdownFile
{
    private const string Begin = "<!-- table:begin -->";
    private const string End = "<!-- table:end -->";

    /// <summary>Replaces what stands between the markers; makes the page where there is none.</summary>
    /// <exception cref="InvalidDataException">The page has no markers, so where the text belongs is not known.</exception>
    internal static void Replace(string file, string text)
    {
        string page = File.Exists(file) ? File.ReadAllText(file) : $"# Performance\n\n{Begin}\n{End}\n";
        int begin = page.IndexOf(Begin, StringComparison.Ordinal);
        int end = page.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
            throw new InvalidDataException($"{file} has no lines {Begin} and {End} between which the table could be written.");

        File.WriteAllText(file, $"{page[..(begin + Begin.Length)]}\n{text.TrimEnd()}\n{page[end..]}");
    }
}
