namespace Tandem.Serve.Apps;

/// <summary>One version of the application's files.</summary>
/// <param name="Executable">The path of the program to run.</param>
/// <param name="Arguments">The program's arguments.</param>
/// <param name="Folder">The application's current folder.</param>
/// <param name="Path">The application's file, with symbolic links resolved.</param>
/// <param name="Name">The full path of the application's file as the user named it, which all versions have in common.</param>
internal sealed record ResolvedApp(string Executable, string[] Arguments, string Folder, string Path, string Name)
{
    private readonly DateTime _written = File.GetLastWriteTimeUtc(Path);

    /// <summary>
    /// The environment variables of its workers, in addition to the supervisor's own: those of <c>--env-file</c> when the version was
    /// looked up.
    /// </summary>
    internal IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether its file and its folder exist: a version may have been deleted, also by mistake.</summary>
    internal bool IsThere => File.Exists(Path) && Directory.Exists(Folder);

    /// <summary>
    /// Whether the file is unchanged. If another version was copied over it, a process that was started before would mix both versions.
    /// </summary>
    internal bool IsAsItWas => File.GetLastWriteTimeUtc(Path) == _written;
}
