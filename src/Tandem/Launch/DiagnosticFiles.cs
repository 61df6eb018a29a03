using System.Globalization;

namespace Tandem.Launch;

/// <summary>
/// The sockets that a .NET process opens for debuggers and tools. One that is killed cannot delete its own, and a pool that kills
/// workers would fill the directory for temporary files over time.
/// </summary>
internal static class DiagnosticFiles
{
    /// <summary>What makes the names of a process's files unique, beside its id: when it started. Null where that is not known.</summary>
    /// <remarks>Field 22 of /proc/PID/stat; still there while the process is a zombie.</remarks>
    internal static string? KeyOf(int processId)
    {
        try
        {
            string status = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat"));
            // The second field is the program's name in parentheses, and may hold anything.
            string[] fields = status[(status.LastIndexOf(')') + 2)..].Split(' ');
            return fields[22 - 3];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    /// <summary>Deletes what the process has left.</summary>
    /// <param name="environment">The environment that it was started with: it may have a folder for temporary files of its own.</param>
    internal static void Delete(int processId, string? key, Dictionary<string, string> environment)
    {
        if (key is null)
            return;

        string directory = environment.TryGetValue("TMPDIR", out string? own) ? own : Path.GetTempPath();
        string name = string.Create(CultureInfo.InvariantCulture, $"{processId}-{key}");
        foreach (string file in (ReadOnlySpan<string>)[$"dotnet-diagnostic-{name}-socket", $"clr-debug-pipe-{name}-in", $"clr-debug-pipe-{name}-out"])
        {
            try
            {
                File.Delete(Path.Combine(directory, file));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Litter, not an error.
            }
        }
    }
}
