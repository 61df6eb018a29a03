using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Pipeline;
using Pipeline.Stages;
using Tandem;

var folder = new Argument<string>("folder")
{
    Description = "The folder whose text and XML files are indexed, with all below it. Default: this machine's .NET installation.",
    DefaultValueFactory = _ => Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../..")),
};
var isolation = new Option<Isolation>("--isolation") { Description = "What the three stages run in.", DefaultValueFactory = _ => Isolation.Process };
var kills = new Option<int>("--kills") { Description = "How many stages are killed with SIGKILL while they work (processes only).", DefaultValueFactory = _ => 6 };
var output = new Option<string?>("--output") { Description = "Where the index is written. Default: nowhere.", HelpName = "FILE" };
var command = new RootCommand("Builds a word index by three services that channels join: fetch, parse, aggregate; then compares it with a plain loop's.")
{
    folder,
    isolation,
    kills,
    output,
};
command.SetAction(async (arguments, cancellation) =>
{
    string root = arguments.GetValue(folder)!;
    if (!Directory.Exists(root))
    {
        Console.Error.WriteLine($"There is no folder {root}.");
        return 2;
    }

    Isolation chosen = arguments.GetValue(isolation);
    string work = Directory.CreateTempSubdirectory("tandem-pipeline-").FullName;
    try
    {
        var plan = Plan.Of(root);
        Console.WriteLine($"{plan.Files.Length} files in {plan.Count} pieces");
        string expected = Path.Combine(work, "expected");
        long start = Stopwatch.GetTimestamp();
        IndexRun.Sequential(plan, expected);
        Say($"plain loop      {Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s  index {WordIndex.DigestOf(expected)}");

        var files = new OutputFiles(Path.Combine(work, "index"), Path.Combine(work, "journal"));
        start = Stopwatch.GetTimestamp();
        IReadOnlyList<string> killed = await IndexRun.ServicesAsync(plan, chosen, files, chosen == Isolation.Process ? arguments.GetValue(kills) : 0, cancellation);
        Say($"three {(chosen == Isolation.Process ? "processes" : "threads"),-9} {Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s  index {WordIndex.DigestOf(files.Index)}");
        foreach (string victim in killed)
            Console.WriteLine($"killed {victim}");

        if (arguments.GetValue(output) is { } target)
            File.Copy(files.Index, target, overwrite: true);
        bool isEqual = WordIndex.DigestOf(expected) == WordIndex.DigestOf(files.Index);
        Console.WriteLine(isEqual ? $"The indexes are equal: {File.ReadLines(files.Index).Count():N0} words." : "THE INDEXES DIFFER.");
        return isEqual ? 0 : 1;
    }
    finally
    {
        Directory.Delete(work, recursive: true);
    }
});
return await command.Parse(args).InvokeAsync();

static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
