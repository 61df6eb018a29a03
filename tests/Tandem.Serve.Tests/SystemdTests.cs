using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Tandem.Interop;
using Tandem.Launch;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>As a service manager starts it: with its sockets, and an ear for how it goes.</summary>
public sealed class SystemdTests
{
    [Fact(Timeout = Limits.Test)]
    public async Task Sockets_of_the_service_manager_are_served_and_stay_its_own()
    {
        using var folder = new TemporaryFolder();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var local = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        local.Bind(new UnixDomainSocketEndPoint(folder["local"]));
        local.Listen();
        using var ear = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        ear.Bind(new UnixDomainSocketEndPoint(folder["notify"]));
        ChannelReader<string> heard = Hear(ear);
        var observer = new Observer();
        // Its own process id is in LISTEN_PID, which nobody else can set before it runs.
        string script = $"export LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=http:http NOTIFY_SOCKET={folder["notify"]} WATCHDOG_USEC=200000; "
            + $"exec dotnet {Paths.Tool} serve --workers 2 --control {folder["control"]} {Paths.App}";
        var plan = new LaunchPlan("/bin/sh", ["-c", script], "", folder.Path);
        Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["PATH"] = Environment.GetEnvironmentVariable("PATH")!, ["HOME"] = folder.Path };
        using var hub = new LinuxProcessHub("systemd");
        var started = new TaskCompletionSource<LinuxWorkerProcess>();
        hub.Post(() => started.SetResult(hub.Start(plan, environment, [(int)listener.Handle, (int)local.Handle], observer)));
        LinuxWorkerProcess process = await started.Task;
        try
        {
            Assert.StartsWith("READY=1", await HearAsync(heard, "READY"), StringComparison.Ordinal);
            await HearAsync(heard, "WATCHDOG=1");
            using var client = new HttpClient();
            Assert.Equal("Hello, World!", await client.GetStringAsync($"http://{listener.LocalEndPoint}/"));
            Assert.Equal("", await client.GetStringAsync($"http://{listener.LocalEndPoint}/environment?name=NOTIFY_SOCKET"));
            Assert.Equal("", await client.GetStringAsync($"http://{listener.LocalEndPoint}/environment?name=LISTEN_FDS"));
            long before = Microseconds();
            Assert.Equal(0, Libc.Kill(process.Id, Libc.SIGHUP));
            string reloading = await HearAsync(heard, "RELOADING=1");
            Assert.InRange(long.Parse(reloading[(reloading.LastIndexOf('=') + 1)..], CultureInfo.InvariantCulture), before, Microseconds());
            await HearAsync(heard, "READY=1");
            process.Terminate();
            await HearAsync(heard, "STOPPING=1");
            Assert.Equal(0, (await observer.Exited.Task.WaitAsync(Limits.Condition)).Code);
            Assert.True(File.Exists(folder["local"]), "The service manager's own file is gone.");
        }
        finally
        {
            process.Kill();
            await observer.Exited.Task.WaitAsync(Limits.Condition);
        }
    }

    private static long Microseconds() => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000);

    private static async Task<string> HearAsync(ChannelReader<string> heard, string what)
    {
        using var limit = new CancellationTokenSource(Limits.Condition);
        while (true)
        {
            string message = await heard.ReadAsync(limit.Token);
            if (message.Contains(what, StringComparison.Ordinal))
                return message;
        }
    }

    /// <summary>All the time, as a service manager does: the system keeps few messages.</summary>
    private static ChannelReader<string> Hear(Socket ear)
    {
        var heard = Channel.CreateUnbounded<string>();
        new Thread(() =>
        {
            var buffer = new byte[4096];
            try
            {
                while (true)
                    heard.Writer.TryWrite(Encoding.UTF8.GetString(buffer, 0, ear.Receive(buffer)));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                heard.Writer.TryComplete();
            }
        }) { IsBackground = true }.Start();
        return heard.Reader;
    }

    private sealed class Observer : IProcessObserver
    {
        internal TaskCompletionSource<ExitStatus> Exited { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnOutput(string line, bool isError) => Debug.WriteLine(line);

        public void OnExited(ExitStatus status) => Exited.TrySetResult(status);
    }
}
