using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Tandem.Launch;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>The lab's web application, served by a child process, plain or under <c>tandem serve</c>.</summary>
[SupportedOSPlatform("linux")]
internal sealed partial class WebServer : IAsyncDisposable
{
    /// <summary>
    /// The server ends when its input does, which is so too when the tool was killed. What the shell starts in the background does not
    /// hear of Ctrl+C, and the shell itself is not to end of it before it has told.
    /// </summary>
    private const string WithInput = "trap '' INT; \"$@\" </dev/null & read -r line; kill -TERM $! 2>/dev/null; wait $!";

    private const int LinesKept = 20;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private readonly Process _shell;
    private readonly Queue<string> _lines = [];
    private readonly TaskCompletionSource<int> _port = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private WebServer(string[] command)
    {
        var info = new ProcessStartInfo("/bin/sh", ["-c", WithInput, "sh", .. command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // Applications read their settings from the current folder, and the user's is not meant.
            WorkingDirectory = AppContext.BaseDirectory,
        };
        // One that is ended while it starts would leave the files of its diagnostics behind.
        info.Environment["DOTNET_EnableDiagnostics"] = "0";
        info.Environment["DOTNET_ENVIRONMENT"] = info.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        _shell = Process.Start(info)!;
        _shell.OutputDataReceived += (_, line) => Add(line.Data);
        _shell.ErrorDataReceived += (_, line) => Add(line.Data);
        _shell.BeginOutputReadLine();
        _shell.BeginErrorReadLine();
    }

    internal IPEndPoint EndPoint { get; private set; } = new(IPAddress.Loopback, 0);

    // The tool has no runtime of its own.
    private static string Muxer => LaunchPlan.FindMuxer()!;

    private static string App => Path.Combine(AppContext.BaseDirectory, "Tandem.Lab.Web.dll");

    /// <exception cref="LabException">There is nothing to serve with.</exception>
    internal static void Check()
    {
        string shared = Path.Combine(Path.GetDirectoryName(Muxer)!, "shared", "Microsoft.AspNetCore.App");
        bool isThere = Directory.Exists(shared) && Directory.EnumerateDirectories(shared).Any(
            static folder => int.TryParse(Path.GetFileName(folder).Split('.')[0], CultureInfo.InvariantCulture, out int major) && major >= Environment.Version.Major);
        if (!isThere)
            throw new LabException($"This experiment serves an ASP.NET Core application, and there is no runtime for it in {shared}: install the ASP.NET Core Runtime {Environment.Version.Major}.0.");
        if (!File.Exists(App))
            throw new LabException($"The application to serve is not there: {App}.");
    }

    /// <summary>One process with its threads.</summary>
    internal static Task<WebServer> StartPlainAsync(int port, CancellationToken cancellationToken) =>
        StartAsync([Muxer, "exec", App, "--urls", $"http://127.0.0.1:{port}"], cancellationToken);

    /// <summary>Several processes.</summary>
    internal static Task<WebServer> StartServedAsync(int workers, string folder, CancellationToken cancellationToken) => StartAsync(
        [
            Muxer, "exec", typeof(WebServer).Assembly.Location, "serve", "--workers", workers.ToString(CultureInfo.InvariantCulture),
            "--urls", "http://127.0.0.1:0", "--control", Path.Combine(folder, "control"), "--drain-timeout", "1s", App,
        ],
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        using (var limit = new CancellationTokenSource(EndLimit))
        {
            try
            {
                await _shell.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                _shell.Kill(entireProcessTree: true);
            }
        }

        _shell.Dispose();
    }

    private static async Task<WebServer> StartAsync(string[] command, CancellationToken cancellationToken)
    {
        var server = new WebServer(command);
        try
        {
            server.EndPoint = new IPEndPoint(IPAddress.Loopback, await server._port.Task.WaitAsync(StartLimit, cancellationToken).ConfigureAwait(false));
            return server;
        }
        catch (Exception e)
        {
            await server.DisposeAsync().ConfigureAwait(false);
            if (e is not TimeoutException)
                throw;

            throw new LabException($"A server did not start within {StartLimit.TotalSeconds} seconds. Its last words:\n{server.LastWords}", e);
        }
    }

    private string LastWords
    {
        get
        {
            lock (_lines)
                return string.Join('\n', _lines);
        }
    }

    private void Add(string? line)
    {
        if (line is null)
            return;

        lock (_lines)
        {
            _lines.Enqueue(line);
            if (_lines.Count > LinesKept)
                _lines.Dequeue();
        }

        if (Serving().Match(line) is { Success: true } match)
            _port.TrySetResult(int.Parse(match.Groups["port"].ValueSpan, CultureInfo.InvariantCulture));
    }

    // What ASP.NET Core says of itself, or tandem serve of all workers together, whose own words have the worker's number before them.
    [GeneratedRegex(@"(?:^\s*Now listening on: |serving on )http://127\.0\.0\.1:(?<port>\d+)")]
    private static partial Regex Serving();
}
