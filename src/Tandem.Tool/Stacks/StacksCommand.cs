using System.CommandLine;
using System.Runtime.Versioning;

namespace Tandem.Tool.Stacks;

/// <summary>The command <c>tandem stacks</c>.</summary>
[SupportedOSPlatform("linux")]
internal static class StacksCommand
{
    internal static Command Create()
    {
        var process = new Argument<int>("pid") { Description = "A process that runs .NET." };
        var thread = new Option<int?>("--thread") { Description = "Only this thread, by the system's thread id.", HelpName = "id" };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var watch = new Option<bool>("--watch") { Description = "Take samples until a key is pressed, and show where time goes." };
        var samples = new Option<int?>("--samples")
        {
            Description = "The number of samples that --watch takes. Default: 20 without a terminal, otherwise until q.",
            HelpName = "n"
        };
        Option<TimeSpan?> interval = IntervalOption.Create(
            "The time between two samples of --watch. Default: 200ms.", least: 20, "100ms or 2s");
        samples.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > 100_000)
                result.AddError("--samples must be between 1 and 100000.");
        });
        var command = new Command(
            "stacks",
            """
            Shows the stacks of a live .NET process.

            For each thread it shows the id, name, state, the range of its stack and how much of that is used, the program counter, and
            the frames, managed ones with their lines, and native ones. The process is paused for some milliseconds.

            Examples:
              tandem stacks 4711
              tandem stacks 4711 --thread 4720
              tandem stacks 4711 --watch --samples 50
              tandem stacks 4711 --json | jq '.threads[] | {id, name, top: .frames[0].name}'
            """)
        {
            process, thread, json, watch, samples, interval,
        };
        command.SetAction((parsed, cancellationToken) => StacksRunner.RunAsync(new StacksSettings(
            parsed.GetValue(process),
            parsed.GetValue(thread),
            parsed.GetValue(json),
            parsed.GetValue(watch) || parsed.GetValue(samples) is not null,
            parsed.GetValue(samples),
            parsed.GetValue(interval) ?? TimeSpan.FromMilliseconds(200)), cancellationToken));
        return command;
    }
}
