using System.Net.Sockets;

namespace Tandem.Serve.Control;

/// <summary>Sends a command to a supervisor.</summary>
internal static class ControlClient
{
    /// <exception cref="ServeException">No supervisor answers, or it refuses the command.</exception>
    internal static async Task<ControlResponse> AskAsync(string? path, ControlRequest request, CancellationToken cancellationToken)
    {
        path ??= ControlPaths.FindOnly();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            var stream = new NetworkStream(socket);
            await using (stream.ConfigureAwait(false))
            {
                await ControlChannel.WriteAsync(stream, request, ControlJson.Default.ControlRequest, cancellationToken)
                    .ConfigureAwait(false);
                ControlResponse response = await ControlChannel.ReadAsync(stream, ControlJson.Default.ControlResponse, cancellationToken)
                    .ConfigureAwait(false);
                return response.Error is null ? response : throw new ServeException((ServeExitCode)response.ExitCode, response.Error);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ArgumentException)
        {
            throw new ServeException(ServeExitCode.NoSupervisor, $"No supervisor answers at '{path}': {e.Message}", e);
        }
    }
}
