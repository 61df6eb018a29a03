using System.Diagnostics;
using System.Net;
using Tandem.LoadClient;

namespace Tandem.ServeBench.Servers;

/// <summary>An application under test, by itself or behind <c>tandem serve</c>.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly ServerCommand _command;
    private readonly ServerProcess _process;
    private readonly string _control;

    private Server(ServerCommand command, ServerProcess process, int port, string control)
    {
        (_command, _process, _control) = (command, process, control);
        EndPoint = new IPEndPoint(IPAddress.Loopback, port);
    }

    internal IPEndPoint EndPoint { get; }

    internal int Pid => _process.Pid;

    internal bool IsRunning => _process.IsRunning;

    internal bool IsSupervised => _command.Tool is not null;

    /// <summary>From before the command was started to the first right answer.</summary>
    internal TimeSpan TimeToReady { get; private set; }

    internal static async Task<Server> StartAsync(ServerCommand command, Transport transport)
    {
        int port = Os.FreePort();
        string control = Path.Combine(Path.GetTempPath(), $"tandem-bench-{Environment.ProcessId}-{port}.sock");
        string[] line = command.Start($"{(transport.Certificate is null ? "http" : "https")}://127.0.0.1:{port}", control, transport.AppArguments);
        long start = Stopwatch.GetTimestamp();
        var process = ServerProcess.Start(command.Name, line, ("XDG_CACHE_HOME", command.Cache));
        var server = new Server(command, process, port, control);
        try
        {
            await process.WaitForAnswerAsync(transport.Apply(new LoadOptions { EndPoint = server.EndPoint }));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        server.TimeToReady = Stopwatch.GetElapsedTime(start);
        return server;
    }

    /// <summary>The processes that serve.</summary>
    internal int[] Workers()
    {
        if (!IsSupervised)
            return [Pid];

        int[] children = Os.Children(Pid);
        int[] running = [.. children.Where(pid => Os.RunsFile(pid, Path.GetFileName(_command.App)))];
        return running.Length > 0 ? running : children;
    }

    /// <summary>Waits until there are as many processes as should serve, or be ready to.</summary>
    internal async Task<int[]> WaitForWorkersAsync(TimeSpan limit)
    {
        long start = Stopwatch.GetTimestamp();
        int[] workers;
        while ((workers = Workers()).Length < _command.Workers + _command.Spares + _command.Standbys && Stopwatch.GetElapsedTime(start) < limit)
            await Task.Delay(20);

        return workers;
    }

    /// <summary>Runs a control command and waits for its end.</summary>
    internal Task TellAsync(params string[] what) => _command.TellAsync(_control, what);

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        File.Delete(_control);
    }
}
