using System.CommandLine;
using System.Runtime.Versioning;

namespace Tandem.Tool.Top;

/// <summary>The command <c>tandem top</c>.</summary>
[SupportedOSPlatform("linux")]
internal static class TopCommand
{
    internal static Command Create()
    {
        var process = new Argument<int?>("pid")
        {
            Description = "A process; the default is all processes that you may watch.",
            Arity = ArgumentArity.ZeroOrOne
        };
        var once = new Option<bool>("--once") { Description = "Print one sample and exit; the default without a terminal." };
        var json = new Option<bool>("--json") { Description = "Print one sample as JSON and exit." };
        var svg = new Option<string?>("--svg")
        {
            Description = "Draw one sample, 100 columns wide, into this file and exit.",
            HelpName = "file"
        };
        var filter = new Option<string>("--filter")
        {
            Description = "Show only pools and workers with this text in their name, item or state.",
            HelpName = "text"
        };
        var sort = new Option<string>("--sort")
        {
            Description = "The order of workers: id, cpu, memory, items, age or switches. Default: id.",
            HelpName = "column"
        };
        Option<TimeSpan?> interval = IntervalOption.Create("The time between two samples. Default: 1s.", least: 100, "500ms or 2s");
        sort.AcceptOnlyFromAmong("id", "cpu", "memory", "items", "age", "switches");
        var command = new Command(
            "top",
            """
            Shows the Tandem pools of this machine, live.

            It shows their workers, what each worker runs and for how long, items per second, latency,
            processor time, memory, context switches, and why workers were restarted.

            Examples:
              tandem top
              tandem top 4711 --sort cpu
              tandem top --json | jq '.programs[].pools[] | {name, itemsPerSecond, queueLength}'
              tandem top --once --filter thumbnails

            Keys: q quit, up and down select, s or Enter show the stacks of the selected worker, o and r change and reverse the order,
            / filter, p pause, e show events of workers, h help.
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
