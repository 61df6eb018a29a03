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
        Unsupported("serve", "passes sockets between processes in a way that only Linux supports"),
        Unsupported("compare", "reads data about processes that only Linux provides"),
        Unsupported("lab", "reads data about processes that only Linux provides"),
        Unsupported("top", "reads the resource usage of processes from Linux's /proc"),
        Unsupported("stacks", "stops processes and reads their memory in a way that only Linux supports"))
            .Parse(args)).ConfigureAwait(false);
}

// A supervisor must stay small, so it does not create the other commands.
return args is ["serve", ..]
    ? await CommandLine.RunServerAsync(CommandLine.Root(ServeCommand.Create()).Parse(args)).ConfigureAwait(false)
    : await CommandLine.RunAsync(CommandLine.Root(
        ServeCommand.Create(), CompareCommand.Create(), LabCommand.Create(), TopCommand.Create(), StacksCommand.Create())
            .Parse(args)).ConfigureAwait(false);

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
