using System.Globalization;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Peers;

/// <summary>What a process has of a server's sockets.</summary>
/// <param name="Pid">The process.</param>
/// <param name="Listens">Whether it has the socket that listens.</param>
/// <param name="ClientPorts">The clients' ports of the connections that it has accepted.</param>
internal sealed record WorkerSockets(int Pid, bool Listens, IReadOnlySet<int> ClientPorts)
{
    internal static WorkerSockets Of(int pid, int port)
    {
        bool listens = false;
        HashSet<int> clients = [];
        using ForeignSockets? sockets = ForeignSockets.Open(pid);
        foreach (int descriptor in sockets is null ? [] : SocketsOf(pid))
        {
            if (sockets!.Look(descriptor) is not { } socket || socket.LocalPort != port)
                continue;

            listens |= socket.Listens;
            if (socket.PeerPort > 0)
                clients.Add(socket.PeerPort);
        }

        return new WorkerSockets(pid, listens, clients);
    }

    private static IEnumerable<int> SocketsOf(int pid)
    {
        FileInfo[] files;
        try
        {
            files = new DirectoryInfo($"/proc/{pid}/fd").GetFiles();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            yield break; // it has ended
        }

        foreach (FileInfo file in files)
        {
            if (IsSocket(file))
                yield return int.Parse(file.Name, CultureInfo.InvariantCulture);
        }
    }

    private static bool IsSocket(FileInfo file)
    {
        try
        {
            return file.LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true;
        }
        catch (IOException)
        {
            return false; // closed meanwhile
        }
    }
}
