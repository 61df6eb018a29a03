using System.CommandLine;
using Tandem.Tool;
using Tandem.Tool.Compare;
using Tandem.Tool.Lab;
using Tandem.Tool.Serve;
using Tandem.Tool.Stacks;
using Tandem.Tool.Top;

if (!OperatingSystem.IsLinux())
{
    return await CommandLine.RunAsync(CommandLine.Root(
        Unsupported("serve", "hands sockets from process to process in a way that only Linux has"),
        Unsupported("compare", "reads what Linux tells of processes"),
        Unsupported("lab", "reads what Linux tells of processes"),
        Unsupported("top", "reads what processes use from Linux's /proc"),
        Unsupported("stacks", "stops processes and reads their memory as only Linux lets it")).Parse(args)).ConfigureAwait(false);
}

// A supervisor is to be small: it makes nothing of the other commands.
return args is ["serve", ..]
    ? await CommandLine.RunServerAsync(CommandLine.Root(ServeCommand.Create()).Parse(args)).ConfigureAwait(false)
    : await CommandLine.RunAsync(CommandLine.Root(
        ServeCommand.Create(), CompareCommand.Create(), LabCommand.Create(), TopCommand.Create(), StacksCommand.Create()).Parse(args)).ConfigureAwait(false);

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
