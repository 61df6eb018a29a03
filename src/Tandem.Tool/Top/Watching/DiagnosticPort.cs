using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Tandem.Interop;
using Tandem.Launch;

namespace Tandem.Tool.Top.Watching;

/// <summary>The sockets at which .NET runtimes answer questions about their processes.</summary>
/// <remarks>
/// The library finds them by a look at every file of the folder, for every process and every connection. Killed processes leave their
/// sockets there, thousands on some machines, whose numbers other processes have by now. But a socket is named by its process's number
/// and start, so each process is asked for its own.
/// </remarks>
internal static class DiagnosticPort
{
    private static readonly string Folder = Path.GetTempPath();

    /// <summary>The processes that have one, and when each was started.</summary>
    internal static IEnumerable<(int Id, long Started)> Processes()
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), CultureInfo.InvariantCulture, out int id) && StartOf(id) is { } started)
                yield return (id, started);
        }
    }

    /// <summary>When a process was started; null for one that is gone, or has no socket.</summary>
    internal static long? StartOf(int processId) =>
        ProcStat.OfProcess(processId) is { HasEnded: false } stat && File.Exists(PathOf(processId, stat.Started)) ? stat.Started : null;

    /// <summary>A connection to one.</summary>
    internal static Task<DiagnosticsClientConnector> ConnectAsync(int processId, long started, CancellationToken cancellationToken) =>
        DiagnosticsClientConnector.FromDiagnosticPort(PathOf(processId, started) + ",connect", cancellationToken);

    private static string PathOf(int processId, long started) =>
        Path.Combine(Folder, DiagnosticFiles.SocketOf(processId, started.ToString(CultureInfo.InvariantCulture)));
}
