using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Tandem.Compare;
using Tandem.Compare.Methods;
using Tandem.Diagnostics;
using Tandem.Tool.Top;

namespace Tandem.Tool;

/// <summary>Runs the command of a command line. Errors become a line on standard error and an exit code.</summary>
internal static class CommandLine
{
    private static readonly InvocationConfiguration Plainly = new()
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null
    };

    /// <summary>Creates the root command.</summary>
    internal static Command Root(params IEnumerable<Command> commands)
    {
        var root = new Command("tandem", "Runs C# on threads or in separate processes.");
        root.Options.Add(new HelpOption { Action = new Help(root) });
        root.Options.Add(new VersionOption());
        foreach (Command command in commands)
            root.Subcommands.Add(command);

        return root;
    }

    internal static async Task<int> RunAsync(ParseResult parsed)
    {
        if (parsed.Action is ParseErrorAction)
            return Refuse(parsed, UsageErrors.Of(parsed));

        using var stop = new Interruption();
        try
        {
            return await parsed.InvokeAsync(Plainly, stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is UsageException or MethodException)
        {
            return Refuse(parsed, e.Message);
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            return Fail(parsed, "cancelled.", ExitCode.Interrupted);
        }
        catch (Exception e) when (IsForeseen(e))
        {
            return Fail(parsed, e.Message, ExitCode.Failed);
        }
    }

    /// <summary>Runs a server, which has its own handling of signals, and its own exit codes.</summary>
    internal static async Task<int> RunServerAsync(ParseResult parsed)
    {
        if (parsed.Action is not ParseErrorAction)
            return await parsed.InvokeAsync(Plainly).ConfigureAwait(false);

        _ = Refuse(parsed, UsageErrors.Of(parsed));
        return ExitCode.Failed;
    }

    /// <summary>
    /// Whether an error is expected: files and standard output can fail in any command, and some commands have exceptions of their own.
    /// </summary>
    private static bool IsForeseen(Exception error) => error is IOException or UnauthorizedAccessException
        or TopException or StackException or ComparisonException or WorkSerializationException or WorkerStartException;

    private static int Refuse(ParseResult parsed, string message) =>
        Fail(parsed, $"{message}\nSee {UsageErrors.PathOf(parsed)} --help.", ExitCode.BadUsage);

    private static int Fail(ParseResult parsed, string message, int code)
    {
        try
        {
            Console.Error.WriteLine($"{UsageErrors.PathOf(parsed)}: {message}");
        }
        catch (IOException)
        {
            // Standard error is closed.
        }

        return code;
    }

    /// <summary>Prints one line per command. The help of each command shows the details.</summary>
    private sealed class Help(Command root) : SynchronousCommandLineAction
    {
        public override bool Terminating => true;

        public override int Invoke(ParseResult parseResult)
        {
            if (parseResult.CommandResult.Command != root)
                return new HelpAction().Invoke(parseResult);

            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine($"{root.Description}\n\nUsage: {root.Name} <command> [options]\n");
            int width = root.Subcommands.Max(static command => command.Name.Length);
            foreach (Command command in root.Subcommands)
                output.WriteLine($"  {command.Name.PadRight(width)}  {command.Description!.Split('\n')[0].TrimEnd()}");

            output.WriteLine($"\n{root.Name} <command> --help describes a command; {root.Name} --version shows the version.");
            return ExitCode.Success;
        }
    }
}
