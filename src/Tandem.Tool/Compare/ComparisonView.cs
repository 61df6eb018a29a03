using System.Globalization;
using Spectre.Console;
using Tandem.Compare;
using Tandem.Compare.Recommending;

namespace Tandem.Tool.Compare;

/// <summary>Writes a comparison as text.</summary>
internal static class ComparisonView
{
    internal static readonly string[] Columns =
        [
            "configuration",
            "items/s",
            "noise",
            "speed-up",
            "p50",
            "p99",
            "max",
            "CPU/item",
            "peak",
            "private",
            "GC pauses",
            "switches vol+inv",
            "start"
        ];

    internal static void Write(ComparisonResult result)
    {
        bool plain = Console.IsOutputRedirected
            || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            || Environment.GetEnvironmentVariable("TERM") == "dumb";
        IAnsiConsole console = plain ? Plain() : AnsiConsole.Console;
        console.WriteLine(result.Machine);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.ItemsPerRun:N0} items per run (of {result.ItemsGiven:N0}), {result.Rounds} rounds, "
                + $"{FigureText.Time(result.MeanItemTime)} for a single item; "
                + $"{result.Elapsed.TotalSeconds:0} s in total"));
        var table = new Table { Border = plain ? TableBorder.None : TableBorder.Rounded };
        foreach (string column in Columns)
            table.AddColumn(new TableColumn(new Text(column)) { Alignment = column == Columns[0] ? Justify.Left : Justify.Right });

        foreach (ConfigurationResult one in result.Configurations)
            table.AddRow(Cells(one, one.Configuration == result.Recommendation.Configuration && !plain));

        console.Write(table);
        foreach (ConfigurationResult one in result.Configurations.Where(static one => one.BlastRadius is not null))
            console.WriteLine($"One worker killed with {one.Configuration.Name}: {one.BlastRadius!.Description}");

        foreach (string note in result.Notes)
            console.WriteLine($"Note: {note}");

        console.WriteLine();
        console.Write(new Text(result.Recommendation.Headline + "\n", plain ? Style.Plain : new Style(decoration: Decoration.Bold)));
        foreach (string reason in result.Recommendation.Reasons)
            console.WriteLine($"  - {reason}");

        console.WriteLine();
        console.WriteLine(result.Recommendation.Code);
    }

    internal static string[] Words(ConfigurationResult one) =>
    [
        one.Configuration.Name,
        FigureText.Rate(one.Throughput).Split(' ')[0],
        FigureText.Noise(one.Noise),
        one.SpeedUp > 0 ? string.Create(CultureInfo.InvariantCulture, $"{one.SpeedUp:0.00}x") : "",
        FigureText.Time(one.Latency.Median),
        FigureText.Time(one.Latency.Percentile99),
        FigureText.Time(one.Latency.Maximum),
        FigureText.Time(one.ProcessorTimePerItem),
        FigureText.Bytes(one.Memory.Peak),
        FigureText.Bytes(one.Memory.Private),
        string.Create(CultureInfo.InvariantCulture, $"{FigureText.Share(one.Collections.PauseShare)} ({one.Collections.Count:N0})"),
        string.Create(CultureInfo.InvariantCulture, $"{one.VoluntarySwitches:N0} + {one.InvoluntarySwitches:N0}"),
        FigureText.Time(one.StartTime),
    ];

    private static IEnumerable<Text> Cells(ConfigurationResult one, bool isChosen)
    {
        string[] words = one.Failure is null
            ? Words(one)
            : [one.Configuration.Name, "failed", .. Enumerable.Repeat("", Columns.Length - 2)];
        return words.Select(word => new Text(word, isChosen ? new Style(decoration: Decoration.Bold) : Style.Plain));
    }

    private static IAnsiConsole Plain()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(Console.Out),
        });
        // Lines in a file need not be wrapped.
        if (Console.IsOutputRedirected)
            console.Profile.Width = 1000;

        return console;
    }
}
