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
    /// The script that runs the server. The server exits when its input ends, which also happens when the tool is killed. Background
    /// processes of the shell do not get Ctrl+C, and the shell itself must not exit because of it before it has written its output.
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
            // Applications read their settings from the current folder, which must not be the user's.
            WorkingDirectory = AppContext.BaseDirectory,
        };
        // A server that is killed while it starts would leave its diagnostics files behind.
        info.Environment["DOTNET_EnableDiagnostics"] = "0";
        info.Environment["DOTNET_ENVIRONMENT"] = info.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        _shell = Process.Start(info)!;
        _shell.OutputDataReceived += (_, line) => Add(line.Data);
        _shell.ErrorDataReceived += (_, line) => Add(line.Data);
        _shell.BeginOutputReadLine();
        _shell.BeginErrorReadLine();
    }

    internal IPEndPoint EndPoint { get; private set; } = new(IPAddress.Loopback, 0);

    // The tool does not contain a runtime.
    private static string Muxer => LaunchPlan.FindMuxer()!;

    private static string App => Path.Combine(AppContext.BaseDirectory, "Tandem.Lab.Web.dll");

    /// <exception cref="LabException">The program to run is missing.</exception>
    internal static void Check()
    {
        string shared = Path.Combine(Path.GetDirectoryName(Muxer)!, "shared", "Microsoft.AspNetCore.App");
        bool isThere = Directory.Exists(shared) && Directory.EnumerateDirectories(shared).Any(
            static folder => int.TryParse(Path.GetFileName(folder).Split('.')[0], CultureInfo.InvariantCulture, out int major)
                && major >= Environment.Version.Major);
        if (!isThere)
        {
            throw new LabException(
                $"This experiment serves an ASP.NET Core application, and there is no runtime for it in {shared}: "
                + $"install the ASP.NET Core Runtime {Environment.Version.Major}.0.");
        }

        if (!File.Exists(App))
            throw new LabException($"The application to serve is not there: {App}.");
    }

    /// <summary>Starts one process.</summary>
    internal static Task<WebServer> StartPlainAsync(int port, CancellationToken cancellationToken) =>
        StartAsync([Muxer, "exec", App, "--urls", $"http://127.0.0.1:{port}"], cancellationToken);

    /// <summary>Starts several processes.</summary>
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
            server.EndPoint = new IPEndPoint(
                IPAddress.Loopback, await server._port.Task.WaitAsync(StartLimit, cancellationToken).ConfigureAwait(false));
            return server;
        }
        catch (Exception e)
        {
            await server.DisposeAsync().ConfigureAwait(false);
            if (e is not TimeoutException)
                throw;

            throw new LabException(
                $"A server did not start within {StartLimit.TotalSeconds} seconds. Its last words:\n{server.LastWords}", e);
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

    // Output of ASP.NET Core, or of the supervisor. Lines of workers begin with the worker's number.
    [GeneratedRegex(@"(?:^\s*Now listening on: |serving on )http://127\.0\.0\.1:(?<port>\d+)")]
    private static partial Regex Serving();
}
