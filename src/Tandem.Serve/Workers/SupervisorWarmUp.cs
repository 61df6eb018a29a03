using System.Net.Sockets;
using Tandem.Interop;
using Tandem.Serve.Listening;

namespace Tandem.Serve.Workers;

/// <summary>
/// Warms up the supervisor while the first workers start: it executes once the code that the workers will need. The runtime compiles that
/// code at its first execution, and each worker would otherwise wait for it.
/// </summary>
internal static class SupervisorWarmUp
{
    /// <summary>
    /// Opens a socket that is not used, and sends a request to itself in the same way as it will send one to each worker. No caller needs
    /// to wait for it.
    /// </summary>
    internal static async Task RunAsync(ServeOptions options)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using var listeners = new ListenerStore();
            listeners.Open("127.0.0.1:0", 0, static (_, _) => { });
            if (options.HealthPath is null && options.WarmUpPath is null)
                return;

            Task answered = Task.CompletedTask;
            var probe = new WorkerProbe(
                descriptor =>
                {
                    int own = Libc.Fcntl(descriptor, Libc.F_DUPFD_CLOEXEC, 0);
                    if (own >= 0)
                        answered = Task.Run(() => Answer(own));

                    return own >= 0;
                },
                isTls: false,
                options.Time);
            await probe.AskAsync("/", CancellationToken.None).ConfigureAwait(false);
            await answered.ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Ignored: the same error will be reported where the code is really needed.
        }
    }

    private static void Answer(int descriptor)
    {
        using var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        Span<byte> request = stackalloc byte[1024];
        _ = socket.Receive(request);
        _ = socket.Send("HTTP/1.1 200 OK\r\n\r\n"u8);
    }
}
