using System.CommandLine;
using System.Runtime.Versioning;
using Tandem.Serve;
using Tandem.Serve.Control;

namespace Tandem.Tool.Serve;

/// <summary><c>tandem serve</c> and its sub-commands.</summary>
[SupportedOSPlatform("linux")]
internal static class ServeCommand
{
    private static readonly TimeSpan ErrorLimit = TimeSpan.FromSeconds(2);

    private static readonly Option<string?> Control = new("--control")
    {
        Description = "The supervisor's control socket. Default: a socket in the user's folder for sockets; "
            + "commands find it if only one supervisor runs.",
        HelpName = "path",
        Recursive = true,
    };

    internal static Command Create()
    {
        var options = new ServeCommandOptions();
        var command = new Command(
            "serve",
            """
            Runs an ASP.NET Core application as several supervised processes.

            The application needs no change. Its workers share one listening socket.

            Examples:
              tandem serve --workers 4 ./MyApp.dll
              tandem serve --urls http://0.0.0.0:8080 --max-memory 500M ./MyApp
              tandem serve -- dotnet MyApp.dll --its --args
              tandem serve reload

            Signals: TERM drains and stops, INT stops at once, HUP reloads, TTIN and TTOU add and remove a worker,
            USR1 reopens the log file, USR2 replaces the supervisor without closing a socket.
            """);
        command.Arguments.Add(options.Application);
        command.Options.Add(Control);
        options.AddTo(command);
        command.Subcommands.Add(CreateStatus());
        command.Subcommands.Add(CreateReload());
        command.Subcommands.Add(CreateScale());
        command.Subcommands.Add(CreateStop());
        command.SetAction((parsed, _) => ToExitCodeAsync(async () =>
        {
            await using var runner = new ServeRunner(options.Read(parsed, parsed.GetValue(Control)));
            await runner.RunAsync().ConfigureAwait(false);
        }));
        return command;
    }

    private static Command CreateStatus()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command(
            "status", "Shows the workers: process, state, requests, connections, processor time, memory, restarts and their reasons.")
        {
            json
        };
        command.SetAction((parsed, cancellationToken) => ToExitCodeAsync(async () =>
        {
            ControlResponse response = await ControlClient
                .AskAsync(parsed.GetValue(Control), new ControlRequest("status"), cancellationToken)
                .ConfigureAwait(false);
            StatusView.Write(response.Status!, parsed.GetValue(json));
        }));
        return command;
    }

    private static Command CreateReload()
    {
        var command = new Command(
            "reload",
            "Replaces the workers one by one with the version that is at the application's path now; returns when that is done.");
        command.SetAction((parsed, cancellationToken) => AskAsync(parsed, new ControlRequest("reload"), cancellationToken));
        return command;
    }

    private static Command CreateScale()
    {
        var workers = new Argument<int>("workers") { Description = "The new number of workers." };
        var command = new Command("scale", "Changes the number of workers.") { workers };
        command.SetAction((parsed, cancellationToken) =>
            AskAsync(parsed, new ControlRequest("scale", parsed.GetValue(workers)), cancellationToken));
        return command;
    }

    private static Command CreateStop()
    {
        var now = new Option<bool>("--now") { Description = "Do not wait for requests in progress." };
        var command = new Command("stop", "Drains the workers and stops the supervisor; returns when that is done.") { now };
        command.SetAction((parsed, cancellationToken) =>
            AskAsync(parsed, new ControlRequest("stop", AtOnce: parsed.GetValue(now)), cancellationToken));
        return command;
    }

    private static Task<int> AskAsync(ParseResult parsed, ControlRequest request, CancellationToken cancellationToken) =>
        ToExitCodeAsync(() => ControlClient.AskAsync(parsed.GetValue(Control), request, cancellationToken));

    private static async Task<int> ToExitCodeAsync(Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
            return (int)ServeExitCode.Success;
        }
        catch (ServeException e)
        {
            await WriteErrorAsync($"tandem serve: {e.Message}").ConfigureAwait(false);
            return (int)e.ExitCode;
        }
    }

    /// <summary>
    /// Writes a line to standard error. If that blocks, for example because Ctrl+S was pressed on the terminal, the exit does not wait for
    /// it.
    /// </summary>
    private static Task WriteErrorAsync(string line)
    {
        var written = Task.Factory.StartNew(
            () => Console.Error.WriteLine(line), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return written.WaitAsync(ErrorLimit).ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
