using System.CommandLine;
using System.Runtime.Versioning;

namespace Tandem.Tool.Top;

/// <summary><c>tandem top</c>.</summary>
[SupportedOSPlatform("linux")]
internal static class TopCommand
{
    internal static Command Create()
    {
        var process = new Argument<int?>("pid") { Description = "A process; without, all that may be watched.", Arity = ArgumentArity.ZeroOrOne };
        var once = new Option<bool>("--once") { Description = "Print one sample and end; so without a terminal." };
        var json = new Option<bool>("--json") { Description = "Print one sample as JSON and end." };
        var svg = new Option<string?>("--svg") { Description = "Draw one sample, 100 columns wide, into this file and end.", HelpName = "file" };
        var filter = new Option<string>("--filter") { Description = "Show what has this text in its name, item or state.", HelpName = "text" };
        var sort = new Option<string>("--sort") { Description = "The order of workers: id, cpu, memory, items, age or switches. Default: id.", HelpName = "column" };
        Option<TimeSpan?> interval = IntervalOption.Create("The time between two samples. Default: 1s.", least: 100, "500ms or 2s");
        sort.AcceptOnlyFromAmong("id", "cpu", "memory", "items", "age", "switches");
        var command = new Command(
            "top",
            """
            Shows the Tandem pools of this machine, live.

            That is: their workers, what each runs and for how long, items per second, latency,
            processor time, memory, context switches, and why workers were restarted.

            Examples:
              tandem top
              tandem top 4711 --sort cpu
              tandem top --json | jq '.programs[].pools[] | {name, itemsPerSecond, queueLength}'
              tandem top --once --filter thumbnails

            Keys: q quit, up and down select, s or Enter stacks of what is selected, o and r order and reverse it, / filter,
            p pause, e what happened to workers, h help.
            """)
        {
            process, once, json, svg, filter, sort, interval,
        };
        command.SetAction((parsed, cancellationToken) => TopRunner.RunAsync(new TopSettings
        {
            ProcessId = parsed.GetValue(process),
            Once = parsed.GetValue(once),
            Json = parsed.GetValue(json),
            Picture = parsed.GetValue(svg),
            Filter = parsed.GetValue(filter) ?? "",
            Sort = parsed.GetValue(sort) ?? "id",
            Interval = parsed.GetValue(interval) ?? TimeSpan.FromSeconds(1),
        }, cancellationToken));
        return command;
    }
}

/// <summary>What was asked for.</summary>
internal sealed record TopSettings
{
    internal int? ProcessId { get; init; }

    internal bool Once { get; init; }

    internal bool Json { get; init; }

    internal string? Picture { get; init; }

    internal string Filter { get; init; } = "";

    internal string Sort { get; init; } = "id";

    internal TimeSpan Interval { get; init; }
}
