using System.CommandLine;
using Tandem.Tool.Serve;

var root = new RootCommand("Runs C# on threads or in separate processes.");
if (OperatingSystem.IsLinux())
    root.Subcommands.Add(ServeCommand.Create());
else
    root.Subcommands.Add(Unsupported("serve", "hands sockets from process to process in a way that only Linux has"));

return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }).ConfigureAwait(false);

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
