using System.Net.Sockets;
using Tandem.Interop;
using Tandem.Serve.Listening;

namespace Tandem.Serve.Workers;

/// <summary>
/// While the first workers start, the supervisor does once what they will ask of it: the runtime compiles what it meets for the first time,
/// and each of them would wait for that.
/// </summary>
internal static class Rehearsal
{
    /// <summary>Opens a socket that nobody uses, and asks itself for a page where workers will be asked for one. Nobody need wait for it.</summary>
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
                isTls: false);
            await probe.AskAsync("/", CancellationToken.None).ConfigureAwait(false);
            await answered.ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Whatever it is, those who need it will say so.
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
