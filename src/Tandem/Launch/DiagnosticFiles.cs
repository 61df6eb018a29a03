using System.Globalization;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>
/// Files of a process's diagnostics: dumps, and the sockets that a .NET process opens for debuggers and tools. One that is killed cannot delete its own, and a pool that kills
/// workers would fill the directory for temporary files over time.
/// </summary>
internal static class DiagnosticFiles
{
    /// <summary>What makes the names of a process's files unique, beside its id: when it started. Null where that is not known.</summary>
    /// <remarks>Still there while the process is a zombie.</remarks>
    internal static string? KeyOf(int processId) => ProcStat.OfProcess(processId)?.Started.ToString(CultureInfo.InvariantCulture);

    /// <summary>The name of the socket at which the runtime of a process answers; it lies in the process's folder for temporary files.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="key">As of <see cref="KeyOf"/>.</param>
    internal static string SocketOf(int processId, string key) => string.Create(CultureInfo.InvariantCulture, $"dotnet-diagnostic-{processId}-{key}-socket");

    /// <summary>Has the runtime of a worker write a dump when it crashes.</summary>
    internal static void RequestDumps(ProcessPoolOptions options, Dictionary<string, string> environment)
    {
        if (!options.CollectDumps)
            return;

        environment["DOTNET_DbgEnableMiniDump"] = "1";
        environment.TryAdd("DOTNET_DbgMiniDumpType", "1");
        environment["DOTNET_DbgMiniDumpName"] = Path.Combine(DumpFolder(options), "tandem-%p-%t.dmp");
    }

    /// <summary>The newest dump of a process; null for none.</summary>
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

    /// <summary>Deletes what the process has left.</summary>
    /// <param name="environment">The environment that it was started with: it may have a folder for temporary files of its own.</param>
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
                // Litter, not an error.
            }
        }
    }
}
