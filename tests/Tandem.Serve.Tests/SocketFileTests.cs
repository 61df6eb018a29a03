using System.Net.Sockets;
using Tandem.Interop;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>The file of a Unix socket is found as long as it is served, whoever deletes it.</summary>
public sealed class SocketFileTests
{
    private const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    [Fact(Timeout = Limits.Test)]
    public async Task An_application_may_delete_it_before_it_listens_and_when_it_ends()
    {
        using var folder = new TemporaryFolder();
        string path = folder["web.sock"];
        await using ServeProcess serve = ServeProcess.Launch(
            ["--workers", "2", "--urls", $"http://unix:{path}", Paths.App, "--", "--delete-first", path, "--delete-last", path]);
        await serve.ServingAsync();
        using HttpClient client = CreateClient(path);
        Assert.Equal("Hello, World!", await client.GetStringAsync("http://localhost/"));
        File.SetUnixFileMode(path, ForAll);

        int victim = (await serve.StatusAsync()).Workers[0].ProcessId;
        Assert.Equal(0, Libc.Kill(victim, Libc.SIGKILL));
        await serve.StatusAsync(status => status.Workers.Count(worker => worker.State == "accepting" && worker.ProcessId != victim) == 2);
        await IsServedByAsync(path, 2, "");
        Assert.Null((await serve.AskAsync("reload")).Error);
        await serve.StatusAsync(static status => status.Workers is [{ State: "accepting" }, { State: "accepting" }]);
        await IsServedByAsync(path, 2, serve.Output);
        Assert.Equal(ForAll, File.GetUnixFileMode(path)); // it is the same one

        serve.Signal(12); // USR2
        await serve.LineAsync("serving on", times: 2);
        await serve.StatusAsync(static status => status.Workers is [{ State: "accepting" }, { State: "accepting" }]);
        await IsServedByAsync(path, 2, serve.Output);
        await serve.AskAsync("stop");
        Assert.Equal(0, await serve.ExitAsync());
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Whoever_else_deletes_it_with_its_folder_or_puts_another_in_its_place()
    {
        using var folder = new TemporaryFolder();
        string inner = folder["run"];
        Directory.CreateDirectory(inner);
        string path = Path.Combine(inner, "web.sock");
        await using ServeProcess serve = ServeProcess.Launch(["--workers", "2", "--urls", $"http://unix:{path}", Paths.App]);
        await serve.ServingAsync();

        File.Delete(path);
        await serve.LineAsync("was created again");
        await IsServedByAsync(path, 2, serve.Output);

        // All names are gone: all workers take another socket.
        SupervisorTests.DeleteAtOnce(inner);
        await serve.LineAsync("cannot be created again");
        Directory.CreateDirectory(inner);
        await serve.LineAsync("another socket was bound there");
        await IsServedByAsync(path, 2, serve.Output);

        // Another program's is left to it, until it is gone.
        File.Delete(path);
        await serve.LineAsync("was created again", times: 2);
        using (var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            other.Bind(new UnixDomainSocketEndPoint(folder["other"]));
            other.Listen();
            File.Move(folder["other"], path, overwrite: true);
            await serve.LineAsync("now belongs to another program");
            Assert.True(File.Exists(path));
        }

        await serve.LineAsync("was created again", times: 3);
        await IsServedByAsync(path, 2, serve.Output);

        await serve.AskAsync("stop");
        Assert.Equal(0, await serve.ExitAsync());
        Assert.Empty(Directory.GetFileSystemEntries(inner));
    }

    /// <summary>Every one of so many workers answers there.</summary>
    private static async Task IsServedByAsync(string path, int workers, string output)
    {
        HashSet<string> seen = [];
        long end = Environment.TickCount64 + (long)Limits.Condition.TotalMilliseconds;
        while (seen.Count < workers)
        {
            Assert.True(Environment.TickCount64 < end, $"Only {seen.Count} workers answer.\n{output}");
            using HttpClient client = CreateClient(path);
            try
            {
                seen.Add(await client.GetStringAsync("http://localhost/pid"));
            }
            catch (HttpRequestException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.AddressNotAvailable })
            {
                // A worker that has ended by now has deleted the file just now: it is about to be created again.
            }
        }
    }

    private static HttpClient CreateClient(string path)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        client.DefaultRequestHeaders.ConnectionClose = true;
        return client;
    }
}
