using System.CommandLine;
using System.CommandLine.Invocation;
using Tandem.Tool;
using Tandem.Tool.Compare;
using Tandem.Tool.Lab;
using Tandem.Tool.Serve;
using Tandem.Tool.Stacks;
using Tandem.Tool.Top;

var root = new RootCommand("Runs C# on threads or in separate processes.");
if (OperatingSystem.IsLinux())
{
    root.Subcommands.Add(ServeCommand.Create());
    // A supervisor is to be small: it makes nothing of the other commands.
    if (args is not ["serve", ..])
    {
        root.Subcommands.Add(CompareCommand.Create());
        root.Subcommands.Add(LabCommand.Create());
        root.Subcommands.Add(TopCommand.Create());
        root.Subcommands.Add(StacksCommand.Create());
    }
}
else
{
    root.Subcommands.Add(Unsupported("serve", "hands sockets from process to process in a way that only Linux has"));
    root.Subcommands.Add(Unsupported("compare", "reads what Linux tells of processes"));
    root.Subcommands.Add(Unsupported("lab", "reads what Linux tells of processes"));
    root.Subcommands.Add(Unsupported("top", "reads what processes use from Linux's /proc"));
    root.Subcommands.Add(Unsupported("stacks", "stops processes and reads their memory as only Linux lets it"));
}

ParseResult parsed = root.Parse(args);
int code = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }).ConfigureAwait(false);
return parsed.Action is ParseErrorAction && args is not ["serve", ..] ? ExitCode.BadUsage : code;

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
