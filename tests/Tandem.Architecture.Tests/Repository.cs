namespace Tandem.Architecture.Tests;

/// <summary>The working copy of the repository that these tests were built in.</summary>
internal static class Repository
{
    internal static string Root { get; } = FindRoot();

    /// <summary>The files in a folder and below it, as paths from the root with forward slashes, without what builds make.</summary>
    internal static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Select(static path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(static path => !path.Split('/').Any(static part => part is "artifacts" or "bin" or "obj" or "node_modules" or ".git"))
            .Order(StringComparer.Ordinal);

    internal static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string FindRoot()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Tandem.slnx")))
        {
            folder = Path.GetDirectoryName(folder)
                ?? throw new InvalidOperationException($"There is no Tandem.slnx above {AppContext.BaseDirectory}.");
        }

        return folder;
    }
}
