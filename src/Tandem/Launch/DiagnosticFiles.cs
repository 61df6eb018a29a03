using System.Globalization;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>
/// The diagnostic files of a process: dumps, and the sockets that a .NET process opens for debuggers and tools. A killed process cannot
/// delete its own files, so a pool that kills workers would fill the folder for temporary files over time.
/// </summary>
internal static class DiagnosticFiles
{
    /// <summary>
    /// Returns the part that, with the process id, makes the names of a process's files unique: its start time. Null if that is not
    /// known.
    /// </summary>
    /// <remarks>On Linux also available while the process is a zombie. On Windows there is none, because no such files exist.</remarks>
    internal static string? KeyOf(int processId)
    {
        // The runtime uses the same numbers: clock ticks after system boot, or seconds since 1970.
        long? started = OperatingSystem.IsMacOS() ? Darwin.StartSecond(processId) : ProcStat.OfProcess(processId)?.Started;
        return started?.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Returns the name of the runtime's diagnostic socket; the socket is in the process's folder for temporary files.</summary>
    /// <param name="processId">The process id.</param>
    /// <param name="key">The result of <see cref="KeyOf"/>.</param>
    internal static string SocketOf(int processId, string key) =>
        string.Create(CultureInfo.InvariantCulture, $"dotnet-diagnostic-{processId}-{key}-socket");

    /// <summary>Configures the environment of a worker so that its runtime writes a dump when it crashes.</summary>
    internal static void RequestDumps(ProcessPoolOptions options, Dictionary<string, string> environment)
    {
        if (!options.CollectDumps)
            return;

        environment["DOTNET_DbgEnableMiniDump"] = "1";
        environment.TryAdd("DOTNET_DbgMiniDumpType", "1");
        environment["DOTNET_DbgMiniDumpName"] = Path.Combine(DumpFolder(options), "tandem-%p-%t.dmp");
    }

    /// <summary>Returns the newest dump of a process; null for none.</summary>
    internal static string? DumpOf(ProcessPoolOptions options, int processId)
    {
        if (!options.CollectDumps)
            return null;

        try
        {
            string pattern = string.Create(CultureInfo.InvariantCulture, $"tandem-{processId}-*.dmp");
            return Directory.GetFiles(DumpFolder(options), pattern).MaxBy(File.GetLastWriteTimeUtc);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string DumpFolder(ProcessPoolOptions options) => Path.GetFullPath(options.DumpFolder ?? Path.GetTempPath());

    /// <summary>Deletes the files that a process has left.</summary>
    /// <param name="environment">The environment of the process: its folder for temporary files may differ from this process's.</param>
    internal static void Delete(int processId, string? key, Dictionary<string, string> environment)
    {
        if (key is null)
            return;

        string directory = environment.TryGetValue("TMPDIR", out string? own) ? own : Path.GetTempPath();
        string name = string.Create(CultureInfo.InvariantCulture, $"{processId}-{key}");
        foreach (string file in (ReadOnlySpan<string>)[SocketOf(processId, key), $"clr-debug-pipe-{name}-in", $"clr-debug-pipe-{name}-out"])
        {
            try
            {
                File.Delete(Path.Combine(directory, file));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A file that is left behind does no harm.
            }
        }
    }
}
