using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace Tandem.Serve.Apps.Tests.Infrastructure;

/// <summary>A server that was started by a command line, and nothing of which is left at the end of the test.</summary>
internal sealed partial class ServerUnderTest : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-server-").FullName;
    private readonly string _marker = Guid.NewGuid().ToString("N");
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _output = [];
    private readonly Regex _listens;
    private readonly Process _process;

    private ServerUnderTest(Hosting hosting, Application application)
    {
        _listens = hosting == Hosting.Plain ? ListeningLine() : ServingLine();
        string[] words = application.CommandLine(hosting, ControlPath);
        // A path with a folder in it means the same to it as to a shell.
        string program = words[0].Contains('/', StringComparison.Ordinal) ? Path.Combine(application.Folder, words[0]) : words[0];
        var start = new ProcessStartInfo(program, words[1..])
        {
            WorkingDirectory = application.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Shell.MarkerVariable] = _marker;
        // Keys that the application makes for itself are not left in the home of who runs the tests.
        start.Environment["HOME"] = _folder;
        foreach (string name in (string[])["ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT", "ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS"])
            start.Environment.Remove(name);

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data, isOutput: true);
        _process.ErrorDataReceived += (_, line) => Take(line.Data, isOutput: false);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The process that was started: the application's, or the supervisor's.</summary>
    internal int Id => _process.Id;

    /// <summary>Where it said that it listens.</summary>
    internal string Address { get; private set; } = "";

    internal string Output
    {
        get
        {
            lock (_output)
                return string.Join('\n', _output);
        }
    }

    private string ControlPath => Path.Combine(_folder, "control");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal static async Task<ServerUnderTest> StartAsync(Hosting hosting, Application application)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Servers are supervised on Linux.");
        var server = new ServerUnderTest(hosting, application);
        try
        {
            await server.ListensAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client that reaches the server wherever it listens.</summary>
    internal HttpClient CreateClient()
    {
        if (!Address.StartsWith("http://unix:", StringComparison.Ordinal))
            return new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(Address) };

        var endPoint = new UnixDomainSocketEndPoint(Address["http://unix:".Length..]);
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(endPoint, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return new HttpClient(handler) { BaseAddress = new Uri("http://localhost") };
    }

    /// <summary>The workers that serve, by what the control command says.</summary>
    internal async Task<int[]> WorkersAsync()
    {
        CommandRun run = await ControlAsync("status", "--json");
        using JsonDocument status = JsonDocument.Parse(run.Output);
        return
        [
            .. status.RootElement.GetProperty("workers").EnumerateArray()
                .Where(static worker => worker.GetProperty("state").GetString() == "accepting")
                .Select(static worker => worker.GetProperty("pid").GetInt32()),
        ];
    }

    internal async Task<CommandRun> ControlAsync(params string[] words)
    {
        CommandRun run = await Shell.RunAsync(
            _folder, new Dictionary<string, string>(), ["dotnet", Outputs.Tool, "serve", .. words, "--control", ControlPath]);
        run.AssertSucceeded();
        return run;
    }

    /// <summary>Ends it as an administrator does, and looks for what it left behind.</summary>
    internal async Task StopAsync()
    {
        Signals.Send(Id, Signals.Terminate);
        await _process.WaitForExitAsync(Cancellation);
        Assert.True(_process.ExitCode == 0, $"The server exited with code {_process.ExitCode}:\n{Output}");
        Assert.Empty(Shell.Survivors(_marker));
    }

    public async ValueTask DisposeAsync()
    {
        // The supervisor first: it would replace what is killed.
        if (!_process.HasExited)
            _process.Kill();
        await Signals.KillAllAsync(_process, _marker);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ListensAsync()
    {
        await foreach (string line in _lines.Reader.ReadAllAsync(Cancellation))
        {
            if (_listens.Match(line) is { Success: true } match)
            {
                Address = match.Groups[1].Value;
                return;
            }
        }

        await _process.WaitForExitAsync(Cancellation);
        Assert.Fail($"The server exited with code {_process.ExitCode} before it listened:\n{Output}");
    }

    private void Take(string? line, bool isOutput)
    {
        if (line is not null)
        {
            lock (_output)
                _output.Add(line);
        }

        if (!isOutput)
            return;

        if (line is null)
            _lines.Writer.TryComplete();
        else
            _lines.Writer.TryWrite(line);
    }

    [GeneratedRegex(@"Now listening on: (http://\S+)")]
    private static partial Regex ListeningLine();

    // The workers may say that they listen, before all of them do.
    [GeneratedRegex(@"serving on (http://[^\s,]+)")]
    private static partial Regex ServingLine();
}
