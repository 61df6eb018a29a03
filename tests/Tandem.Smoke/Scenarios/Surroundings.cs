using System.Globalization;

namespace Tandem.Smoke.Scenarios;

/// <summary>What work finds around it, and what it prints.</summary>
internal static class Surroundings
{
    private const string Text = "äöü€日本";

    internal static readonly Scenario[] All =
    [
        new("culture", CultureAsync),
        new("environment", EnvironmentAsync) { NeedsProcesses = true },
        new("output-utf8", OutputAsync) { NeedsProcesses = true },
        new("output-of-a-crash", LastOutputAsync) { NeedsProcesses = true },
    ];

    private static async Task CultureAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = "§" } };
            Check.Equal("1§5", await pool.RunAsync(static () => 1.5.ToString(CultureInfo.CurrentCulture)));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static async Task EnvironmentAsync(Setting setting)
    {
        Environment.SetEnvironmentVariable("SMOKE_INHERITED", "inherited");
        Environment.SetEnvironmentVariable("SMOKE_REMOVED", "removed");
        await using WorkerPool pool = setting.CreateProcesses(1, static options =>
        {
            options.Environment["SMOKE_ADDED"] = Text;
            options.Environment["SMOKE_REMOVED"] = null;
        });
        string seen = await pool.RunAsync(static () => string.Join(
            ' ', Environment.GetEnvironmentVariable("SMOKE_INHERITED"), Environment.GetEnvironmentVariable("SMOKE_ADDED"),
            Environment.GetEnvironmentVariable("SMOKE_REMOVED") ?? "none"));
        Check.Equal($"inherited {Text} none", seen);
    }

    private static async Task OutputAsync(Setting setting)
    {
        using var output = new CapturedOutput();
        await using WorkerPool pool = setting.CreatePool(1, options => options.LoggerFactory = output);
        await pool.RunAsync(static () =>
        {
            Console.WriteLine($"out {Text}");
            Console.Error.WriteLine($"error {Text}");
        });
        await pool.DisposeAsync();
        if (!output.Contains($"out {Text}") || !output.Contains($"error {Text}"))
            throw new SmokeException($"the output of the worker arrived as: {output.All}");
    }

    private static async Task LastOutputAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        WorkerCrashedException crash = await Check.ThrowsAsync<WorkerCrashedException>(pool.RunAsync(static () =>
        {
            Console.Error.WriteLine(Text);
            Environment.Exit(9);
        }));
        Check.Contains(Text, crash.StandardErrorTail);
    }
}
