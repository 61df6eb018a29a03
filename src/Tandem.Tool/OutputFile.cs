namespace Tandem.Tool;

/// <summary>A file that a command writes at its end.</summary>
internal static class OutputFile
{
    /// <summary>Checks the file's path, before minutes are spent on its content.</summary>
    /// <param name="option">The option that names the file.</param>
    /// <param name="file">Null for none.</param>
    /// <exception cref="UsageException">The path cannot be a file.</exception>
    internal static void Check(string option, string? file)
    {
        if (file is null)
            return;
        if (string.IsNullOrWhiteSpace(file))
            throw new UsageException($"{option} is empty. Give a file.");

        string path = Path.GetFullPath(file);
        if (Directory.Exists(path) || Path.EndsInDirectorySeparator(path))
            throw new UsageException($"{option}: '{path}' is a folder. Give a file.");
        if (!Directory.Exists(Path.GetDirectoryName(path)))
            throw new UsageException($"{option}: there is no folder for '{path}'.");
    }

    /// <exception cref="IOException">It cannot be written.</exception>
    internal static async Task WriteAsync(string option, string file, string text, CancellationToken cancellationToken)
    {
        try
        {
            await File.WriteAllTextAsync(file, text, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{option} could not be written: {e.Message}", e);
        }
    }
}
