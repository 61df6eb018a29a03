using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Tandem.Interop;
using Tandem.Launch;

namespace Tandem.Tool.Top.Watching;

/// <summary>The sockets of .NET runtimes for diagnostics.</summary>
/// <remarks>
/// The client library finds a socket by scanning all files of the folder, for each process and each connection. Killed processes leave
/// their sockets there, thousands on some machines, with process ids that other processes use by now. But a socket's name consists of its
/// process's id and start time, so this class looks up the socket of each process directly.
/// </remarks>
internal static class DiagnosticPort
{
    private static readonly string Folder = Path.GetTempPath();

    /// <summary>The processes that have such a socket, and their start times.</summary>
    internal static IEnumerable<(int Id, long Started)> Processes()
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), CultureInfo.InvariantCulture, out int id) && StartOf(id) is { } started)
                yield return (id, started);
        }
    }

    /// <summary>The start time of a process; null if the process is gone, or has no such socket.</summary>
    internal static long? StartOf(int processId) =>
        ProcStat.OfProcess(processId) is { HasEnded: false } stat && File.Exists(PathOf(processId, stat.Started)) ? stat.Started : null;

    /// <summary>Connects to a runtime.</summary>
    internal static Task<DiagnosticsClientConnector> ConnectAsync(int processId, long started, CancellationToken cancellationToken) =>
        DiagnosticsClientConnector.FromDiagnosticPort(PathOf(processId, started) + ",connect", cancellationToken);

    private static string PathOf(int processId, long started) =>
        Path.Combine(Folder, DiagnosticFiles.SocketOf(processId, started.ToString(CultureInfo.InvariantCulture)));
}
