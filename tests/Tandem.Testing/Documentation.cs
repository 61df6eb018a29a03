namespace Tandem.Testing;

/// <summary>The repository's documents, whose examples are tests.</summary>
public static class Documentation
{
    /// <summary>Checks that each C# example of a page stands in a source file, but for white space.</summary>
    public static void AssertExamplesAreIn(string page, string source)
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Tandem.slnx")))
            root = Path.GetDirectoryName(root)!;

        string code = Squeeze(File.ReadAllText(Path.Combine(root, source)));
        string[] parts = File.ReadAllText(Path.Combine(root, page)).Split("```");
        string[] examples = [.. parts.Where(static (part, i) => i % 2 == 1 && part.StartsWith("csharp\n", StringComparison.Ordinal))];
        Assert.NotEmpty(examples);
        Assert.All(examples, example => Assert.Contains(Squeeze(example["csharp\n".Length..]), code, StringComparison.Ordinal));

        static string Squeeze(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
