using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Tandem.Differential;

/// <summary>The comparison by hand.</summary>
public static class CommandLine
{
    // How often what takes long is done: the portable transport, and forms that start workers.
    private const int OneInSome = 8;
    private const int OneInMany = 64;
    private const int ManyCases = 20_000;

    /// <summary>Runs what the arguments say; 0 if nothing differed.</summary>
    /// <param name="args">See <see cref="ComparisonOptions.Usage"/>.</param>
    /// <param name="programs">Gives the program for a number and a seed.</param>
    /// <param name="text">Gives the text of a case that is a program.</param>
    public static async Task<int> RunAsync(string[] args, Func<int, int, Case> programs, Func<Case, string?> text)
    {
        if (args.Contains("--help"))
        {
            Console.WriteLine(ComparisonOptions.Usage);
            return 0;
        }

        ComparisonOptions options = ComparisonOptions.Parse(args);
        if (options.List)
        {
            foreach (var form in Forms.AllForms.List)
                Console.WriteLine($"form  {form.DeclaringType!.Name}.{form.Name}");
            foreach (Value value in Corpus.All)
                Console.WriteLine($"value {value.Name}{(value.Refused is { } why ? $" (may be refused: {why})" : "")}");
            return 0;
        }

        long start = Stopwatch.GetTimestamp();
        await using var engines = new Engines();
        int rarely = options.Case is not null ? 1 : options.Cases < ManyCases ? OneInSome : OneInMany;
        var comparison = new Comparison(engines, rarely);
        await comparison.RunAsync(Cases.Of(options, programs), rarely);
        Console.WriteLine(Report(comparison, options.Seed, options.Show, options.Case is null ? static _ => null : text));
        Console.WriteLine($"{comparison.Summary}, seed {options.Seed}, {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s");
        return comparison.Differences.Count == 0 ? 0 : 1;
    }

    /// <summary>What differed, and how to run the first of it alone.</summary>
    public static string Report(Comparison comparison, int seed, int show, Func<Case, string?> text)
    {
        var report = new StringBuilder();
        Difference[] differences = [.. comparison.Differences.OrderBy(static d => d.Case.Description, StringComparer.Ordinal)];
        foreach (Difference difference in differences.Take(show))
            report.Append("  ").Append(difference).AppendLine();

        if (differences.Length > 0)
        {
            Case first = differences[0].Case;
            report.AppendLine(text(first)).AppendLine(CultureInfo.InvariantCulture, $"{comparison.Summary}. One alone:")
                .AppendLine(CultureInfo.InvariantCulture, $"  dotnet run -c Release --project tests/Tandem.Differential.Tests -- --case {first.Id} --seed {seed}");
        }

        foreach (string stale in comparison.Stale)
            report.AppendLine(CultureInfo.InvariantCulture, $"  not different any more, to be taken off the list: {stale}");

        return report.ToString();
    }
}
