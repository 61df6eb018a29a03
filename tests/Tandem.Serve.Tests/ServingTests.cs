using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Tandem.Serve.Control;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>What anybody does first.</summary>
public sealed class ServingTests
{
    [Fact(Timeout = Limits.Test)]
    public async Task All_workers_answer_on_one_address()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "3");
        var pids = new HashSet<string>();
        List<HttpClient> clients = []; // who has more connections than another worker lets that one go first
        while (pids.Count < 3)
        {
            clients.Add(serve.CreateClient(keepsAlive: true));
            pids.Add(await clients[^1].GetStringAsync("/pid", TestContext.Current.CancellationToken));
        }

        ServeStatus status = await serve.StatusAsync();
        clients.ForEach(static client => client.Dispose());
        Assert.Equal(status.Workers.Select(static worker => $"{worker.ProcessId}").Order(), pids.Order());
        Assert.All(status.Workers, static worker => Assert.Equal("accepting", worker.State));
        Assert.Equal([1, 2, 3], status.Workers.Select(static worker => worker.Number));
        Assert.All(status.Workers, static worker => Assert.True(worker.Requests > 0 && worker.PrivateMemory > 0));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Stop_ends_everything_and_leaves_nothing()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--spares", "1");
        ServeStatus status = await serve.StatusAsync(static status => status.Workers.Count(static worker => worker.State == "ready") == 1);
        string[] files = [.. status.Workers.Select(static worker => Paths.DiagnosticSocketOf(worker.ProcessId))];
        Assert.All(files, static file => Assert.True(File.Exists(file)));
        await serve.AskAsync("stop");
        Assert.Equal(0, await serve.ExitAsync());
        Assert.DoesNotContain(status.Workers, static worker => ProcFs.IsAlive(worker.ProcessId));
        Assert.DoesNotContain(files, File.Exists);
        Assert.False(File.Exists(serve.ControlPath));
        using HttpClient client = serve.CreateClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Where_to_listen_is_the_application_s_choice_without_an_option()
    {
        await using ServeProcess serve = ServeProcess.Launch(["--workers", "2", Paths.App, "--", "--urls", "http://127.0.0.1:0;http://[::1]:0"]);
        await serve.ServingAsync();
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
        ServeStatus status = await serve.StatusAsync();
        Assert.Equal(2, status.Addresses.Count);
        using var client = new HttpClient();
        Assert.Equal("Hello, World!", await client.GetStringAsync(status.Addresses[1]));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Two_ports_of_the_system_s_choice_are_two_ports_of_all_workers()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--urls", "http://127.0.0.1:0"); // beside the one of all tests
        ServeStatus status = await serve.StatusAsync();
        Assert.Equal(2, status.Addresses.Distinct().Count());
        using var client = new HttpClient();
        foreach (string address in status.Addresses)
            Assert.Equal("Hello, World!", await client.GetStringAsync(address));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_unix_socket_is_served_and_gone_at_the_end()
    {
        using var folder = new TemporaryFolder();
        string path = folder["web.sock"];
        // One that a killed server has left is in nobody's way.
        using (var former = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            former.Bind(new UnixDomainSocketEndPoint(path));
        await using ServeProcess serve = ServeProcess.Launch(["--workers", "2", "--urls", $"http://unix:{path}", Paths.App]);
        await serve.ServingAsync();
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        Assert.Equal("Hello, World!", await client.GetStringAsync("http://localhost/"));
        await serve.AskAsync("stop");
        await serve.ExitAsync();
        Assert.False(File.Exists(path));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_application_s_own_certificate_serves_https_and_http_2()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["own.pfx"], CreateCertificate().Export(X509ContentType.Pkcs12));
        int port = Ports.Free();
        await using ServeProcess serve = ServeProcess.Launch(
            ["--workers", "2", Paths.App, "--", "--urls", "http://127.0.0.1:0", "--https-port", $"{port}", "--certificate", folder["own.pfx"]]);
        await serve.ServingAsync();
        using var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=localhost" },
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://127.0.0.1:{port}/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage response = await client.SendAsync(request);
        Assert.Equal("Hello, World!", await response.Content.ReadAsStringAsync());
        Assert.Equal(HttpVersion.Version20, response.Version);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_application_that_wants_certificates_of_its_clients_serves()
    {
        using var folder = new TemporaryFolder();
        using X509Certificate2 own = CreateCertificate();
        File.WriteAllBytes(folder["own.pfx"], own.Export(X509ContentType.Pkcs12));
        int port = Ports.Free();
        await using ServeProcess serve = ServeProcess.Launch(
            ["--workers", "1", Paths.App, "--", "--https-port", $"{port}", "--certificate", folder["own.pfx"], "--client-certificates", "RequireCertificate"]);
        await serve.ServingAsync();
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true };
        using var client = new HttpClient(handler);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync(new Uri($"https://127.0.0.1:{port}/")));
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_command_line_of_the_application_is_as_well_and_so_is_its_executable(bool byExecutable)
    {
        string[] command = byExecutable ? [Path.ChangeExtension(Paths.App, null)] : ["dotnet", Paths.App];
        await using ServeProcess serve = ServeProcess.Launch(["--workers", "1", "--urls", "http://127.0.0.1:0", "--", .. command, "--environment", "Staging"]);
        await serve.ServingAsync();
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
        await serve.LineAsync("[1] ");
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Scale_changes_the_number_of_workers_while_they_serve()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1");
        await serve.AskAsync("scale", 3);
        await serve.StatusAsync(static status => status.Workers.Count(static worker => worker.State == "accepting") == 3);
        await serve.AskAsync("scale", 1);
        ServeStatus status = await serve.StatusAsync(static status => status.Workers.Count == 1);
        Assert.Equal(1, status.Workers[0].Number);
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
        var refused = await Assert.ThrowsAsync<ServeException>(() => serve.AskAsync("scale", 0));
        Assert.Equal(ServeExitCode.Usage, refused.ExitCode);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task What_is_set_for_a_worker_s_runtime_does_not_reach_the_application_s_own_child_processes()
    {
        string[] arguments = ["--urls", "http://127.0.0.1:0", "--workers", "1", "--dumps", Paths.App];
        await using var serve = ServeProcess.Launch(arguments, new Dictionary<string, string?>
        {
            ["DOTNET_PROCESSOR_COUNT"] = "1", // as many workers as processors, so that each is told to take one processor's share
            ["DOTNET_DbgMiniDumpType"] = "2",
            ["DOTNET_DbgEnableMiniDump"] = "0",
        });
        await serve.ServingAsync();
        string[] own = [.. Inherited((await serve.GetAsync("/environment-of-children")).Split('\n'))];
        string[] supervisor = [.. Inherited(File.ReadAllText($"/proc/{serve.ProcessId}/environ").Split('\0'))];
        Assert.Contains("DOTNET_DbgMiniDumpType=2", own);
        Assert.Equal(supervisor, own);

        static IEnumerable<string> Inherited(string[] variables) => variables
            .Where(static variable => variable.StartsWith("DOTNET_", StringComparison.Ordinal) || variable.StartsWith("MALLOC_", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Prometheus_finds_the_counts_of_all_workers_in_one_place()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--metrics-port", "0");
        string line = await serve.LineAsync("metrics on ");
        using var client = new HttpClient();
        string text = await client.GetStringAsync(line[line.IndexOf("http://", StringComparison.Ordinal)..]);
        Assert.Contains("tandem_serve_workers_wanted 2\n", text, StringComparison.Ordinal);
        Assert.Contains("tandem_serve_worker_requests_total{worker=\"2\",pid=\"", text, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Only_the_owner_may_use_the_control_socket()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(serve.ControlPath));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Nonsense_on_the_control_socket_disturbs_nothing()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1");
        foreach (byte[] nonsense in (byte[][])[[], [1], [255, 255, 255, 127], [2, 0, 0, 0, (byte)'{'], [3, 0, 0, 0, (byte)'{', (byte)'}', (byte)'x'], RandomNumberGenerator.GetBytes(5000)])
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(serve.ControlPath));
            await socket.SendAsync(nonsense);
            socket.Shutdown(SocketShutdown.Send);
            try
            {
                Assert.Equal(0, await socket.ReceiveAsync(new byte[1]));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // Nor is all of it read.
            }
        }

        var unknown = await Assert.ThrowsAsync<ServeException>(() => serve.AskAsync("dance"));
        Assert.Contains("dance", unknown.Message, StringComparison.Ordinal);
        Assert.Single((await serve.StatusAsync()).Workers);
    }

    internal static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
