using System.Globalization;

namespace Tandem.Chaos;

/// <summary>What the command line asks for.</summary>
internal sealed record ChaosOptions(int Seed, TimeSpan Time, long Items, TimeSpan KillEvery, string? Only, string? Marathon = null)
{
    internal const string Usage =
        """
        usage: Tandem.Chaos [--seed N] [--seconds N] [--items N] [--kill-every MILLISECONDS] [--only SCENARIO]

          --seed N        the plan: which items there are, and what is done to workers when; printed at the start of a run
          --seconds N     how long, shared out among the scenarios (default 60); 0: until all items are done
          --items N       at most so many items in each scenario (default 1,000,000)
          --kill-every N  milliseconds between two kills, on average (default 50)
          --only NAME     one scenario: rings, lanes, mapped, portable, limits, starts
          --marathon NAME instead: crashes (--items of them), leaks (--items items), failing (for --seconds)
        """;

    internal static ChaosOptions Parse(string[] arguments)
    {
        var options = new ChaosOptions(Random.Shared.Next(), TimeSpan.FromSeconds(60), 1_000_000, TimeSpan.FromMilliseconds(50), null);
        for (int i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length)
                throw new ArgumentException($"{arguments[i]} is unknown or needs a value.");

            string value = arguments[i + 1];
            options = arguments[i] switch
            {
                "--seed" => options with { Seed = Number(value) },
                "--seconds" => options with { Time = TimeSpan.FromSeconds(Number(value)) },
                "--items" => options with { Items = Number(value) },
                "--kill-every" => options with { KillEvery = TimeSpan.FromMilliseconds(Number(value)) },
                "--only" => options with { Only = Scenario.All.Any(scenario => scenario.Name == value) ? value : throw new ArgumentException($"There is no scenario {value}.") },
                "--marathon" => options with { Marathon = Chaos.Marathon.Names.Contains(value) ? value : throw new ArgumentException($"There is no marathon {value}.") },
                _ => throw new ArgumentException($"{arguments[i]} is unknown."),
            };
        }

        return options;
    }

    private static int Number(string value) => int.Parse(value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
}
