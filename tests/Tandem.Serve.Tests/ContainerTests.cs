using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Tandem.Interop;
using Tandem.Serve.Control;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>As the first process of a container, which inherits what others leave.</summary>
public sealed class ContainerTests
{
    [Fact(Timeout = Limits.Test)]
    public async Task The_first_process_reaps_what_others_leave_and_hears_of_its_own_workers_also_after_an_upgrade_that_failed()
    {
        string[] unshare = ["--pid", "--fork", "--kill-child", "--mount-proc"];
        Assert.SkipWhen(await ExitCodeAsync("unshare", [.. unshare, "true"]) != 0, "Namespaces of processes cannot be made here.");
        using var folder = new TemporaryFolder();
        string tool = folder.Add("tool", Paths.Tool);
        var output = new ConcurrentQueue<string>();
        using Process outer = Start(
            "unshare", [.. unshare, "dotnet", tool, "serve", "--control", folder["control"], "--urls", "http://127.0.0.1:0", "--workers", "1", "--standbys", "0", Paths.App], output);
        try
        {
            await SaysAsync(output, "serving on");
            int supervisor = ProcFs.Children(outer.Id).Single();
            int worker = ProcFs.Children(supervisor).Single();

            Assert.Equal(0, await ExitCodeAsync("nsenter", ["--target", $"{supervisor}", "--pid", "sh", "-c", "sleep 3600 > /dev/null 2>&1 &"]));
            int[] orphans = [];
            await Eventually.Async(() => (orphans = [.. ProcFs.Children(supervisor).Except([worker])]).Length == 1);
            Assert.Equal(0, Libc.Kill(orphans[0], Libc.SIGKILL));
            await Eventually.Async(() => !Directory.Exists($"/proc/{orphans[0]}"));

            File.Move(tool, tool + ".good");
            await File.WriteAllTextAsync(tool, "broken");
            Assert.Equal(0, Libc.Kill(supervisor, Libc.SIGUSR2));
            await SaysAsync(output, "and this one continues");
            Assert.Equal(0, Libc.Kill(worker, Libc.SIGKILL));
            await SaysAsync(output, "was ended by SIGKILL");
            await Eventually.Async(() => ProcFs.Children(supervisor) is [var next] && next != worker && ProcFs.IsAlive(next));

            File.Move(tool + ".good", tool, overwrite: true);
            await ControlClient.AskAsync(folder["control"], new ControlRequest("stop"), CancellationToken.None);
            await outer.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, outer.ExitCode);
        }
        finally
        {
            if (!outer.HasExited)
                outer.Kill();
        }
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_first_process_tells_no_end_of_a_worker_wrong_on_a_terminal_or_not(bool isOnTerminal)
    {
        string[] unshare = ["--pid", "--fork", "--kill-child", "--mount-proc"];
        Assert.SkipWhen(await ExitCodeAsync("unshare", [.. unshare, "true"]) != 0, "Namespaces of processes cannot be made here.");
        using var folder = new TemporaryFolder();
        // The hook has the runtime hear of children, and reap them.
        string[] serve =
        [
            "unshare", .. unshare, "env", $"DOTNET_STARTUP_HOOKS={Paths.App}", "dotnet", Paths.Tool,
            "serve", "--control", folder["control"], "--urls", "http://127.0.0.1:0", "--workers", "1", "--standbys", "0", "--min-uptime", "0s", Paths.App,
        ];
        var output = new ConcurrentQueue<string>();
        using Process outer = isOnTerminal
            ? Start("script", ["--quiet", "--return", "--command", string.Join(' ', serve), "/dev/null"], output)
            : Start(serve[0], serve[1..], output);
        try
        {
            await SaysAsync(output, "serving on");
            string line = output.First(static line => line.Contains("serving on", StringComparison.Ordinal));
            int port = new Uri(line[line.IndexOf("http://", StringComparison.Ordinal)..].Trim()).Port;
            bool isExact = Environment.OSVersion.Version >= new Version(6, 15);
            for (int i = 1; i <= 3; i++)
            {
                foreach ((string how, string told) in new[] { ("exit", "exited with code 3"), ("segv", "was ended by SIGSEGV") })
                {
                    using var crash = new TcpClient();
                    await crash.ConnectAsync(IPAddress.Loopback, port);
                    await crash.Client.SendAsync(Encoding.ASCII.GetBytes($"GET /crash?how={how} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
                    await Eventually.Async(
                        () => output.Count(line => line.Contains(told, StringComparison.Ordinal) || (!isExact && line.Contains("in an unknown way", StringComparison.Ordinal))) >= i,
                        otherwise: () => string.Join('\n', output));
                }
            }

            Assert.DoesNotContain(output, static line => line.Contains("exited with code 0", StringComparison.Ordinal));
            await ControlClient.AskAsync(folder["control"], new ControlRequest("stop", AtOnce: true), CancellationToken.None);
            await outer.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            if (!outer.HasExited)
                outer.Kill(entireProcessTree: true);
        }
    }

    private static Task SaysAsync(ConcurrentQueue<string> output, string text) =>
        Eventually.Async(() => output.Any(line => line.Contains(text, StringComparison.Ordinal)), otherwise: () => $"It did not say '{text}':\n{string.Join('\n', output)}");

    private static async Task<int> ExitCodeAsync(string program, string[] arguments)
    {
        try
        {
            using Process process = Start(program, arguments, []);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1; // there is no such program
        }
    }

    private static Process Start(string program, string[] arguments, ConcurrentQueue<string> output)
    {
        Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        DataReceivedEventHandler add = (_, line) => output.Enqueue(line.Data ?? "");
        process.OutputDataReceived += add;
        process.ErrorDataReceived += add;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
