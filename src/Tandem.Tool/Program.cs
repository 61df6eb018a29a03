using System.CommandLine;
using Tandem.Tool.Compare;
using Tandem.Tool.Lab;
using Tandem.Tool.Serve;

var root = new RootCommand("Runs C# on threads or in separate processes.");
if (OperatingSystem.IsLinux())
{
    root.Subcommands.Add(ServeCommand.Create());
    // A supervisor is to be small: it makes nothing of the other commands.
    if (args is not ["serve", ..])
    {
        root.Subcommands.Add(CompareCommand.Create());
        root.Subcommands.Add(LabCommand.Create());
    }
}
else
{
    root.Subcommands.Add(Unsupported("serve", "hands sockets from process to process in a way that only Linux has"));
    root.Subcommands.Add(Unsupported("compare", "reads what Linux tells of processes"));
    root.Subcommands.Add(Unsupported("lab", "reads what Linux tells of processes"));
}

ParseResult parsed = root.Parse(args);
int code = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }).ConfigureAwait(false);
return parsed.Errors.Count > 0 && parsed.CommandResult.Command.Name is "compare" or "lab" ? CompareExitCode.BadUsage : code;

static Command Unsupported(string name, string why)
{
    var command = new Command(name, $"Not on this system: it {why}.");
    command.SetAction(_ =>
    {
        Console.Error.WriteLine($"tandem {name} does not run on this system: it {why}.");
        return 1;
    });
    command.TreatUnmatchedTokensAsErrors = false;
    return command;
}
