using System.Globalization;

namespace Tandem.Smoke;

/// <summary>What the command line says.</summary>
internal sealed record SmokeOptions
{
    internal const string Usage = """
        Runs the smoke scenarios, one after the other, and prints one line for each: pass, FAIL or skip.

          --transport shared|mapped|portable|threads   what the pools are (shared)
          --deadline SECONDS                           after which a scenario has failed because it hangs (300)
          --skip NAME=WHY                              skips a scenario that cannot be judged here; may be repeated
          --list                                       prints the names of the scenarios
          NAME ...                                     the scenarios to run (all)
        """;

    /// <summary>Whether the pools are of processes or of threads.</summary>
    internal Isolation Isolation { get; init; } = Isolation.Process;

    /// <summary>How the pools of processes talk to their workers.</summary>
    internal WorkerTransport Transport { get; init; } = WorkerTransport.SharedMemory;

    /// <summary>How long a scenario may take before it counts as hung. It is not a measure of speed: emulated machines are slow.</summary>
    internal TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(300);

    internal bool OnlyLists { get; init; }

    /// <summary>The scenarios to run; empty for all.</summary>
    internal IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Scenarios that cannot be judged where this runs, with the reason.</summary>
    internal IReadOnlyDictionary<string, string> Skipped { get; init; } = new Dictionary<string, string>();

    /// <exception cref="FormatException">An argument is wrong.</exception>
    internal static SmokeOptions Parse(string[] args)
    {
        var options = new SmokeOptions();
        var names = new List<string>();
        var skipped = new Dictionary<string, string>();
        for (int i = 0; i < args.Length; i++)
        {
            string argument = args[i];
            string Value() => ++i < args.Length ? args[i] : throw new FormatException($"{argument} needs a value.");
            switch (argument)
            {
                case "--transport":
                    options = WithTransport(options, Value());
                    break;
                case "--deadline":
                    options = options with { Deadline = TimeSpan.FromSeconds(int.Parse(Value(), CultureInfo.InvariantCulture)) };
                    break;
                case "--skip":
                    string[] parts = Value().Split('=', 2);
                    skipped[Known(parts[0])] = parts.Length > 1 ? parts[1] : "the command line says so";
                    break;
                case "--list":
                    options = options with { OnlyLists = true };
                    break;
                default:
                    names.Add(Known(argument));
                    break;
            }
        }

        return options with { Names = names, Skipped = skipped };
    }

    /// <summary>The options that <see cref="Parse"/> makes of a name.</summary>
    /// <exception cref="FormatException">There is no such transport.</exception>
    internal static SmokeOptions WithTransport(SmokeOptions options, string name) => name switch
    {
        "shared" => options with { Isolation = Isolation.Process, Transport = WorkerTransport.SharedMemory },
        "mapped" => options with { Isolation = Isolation.Process, Transport = WorkerTransport.MappedMemory },
        "portable" => options with { Isolation = Isolation.Process, Transport = WorkerTransport.Portable },
        "threads" => options with { Isolation = Isolation.Thread },
        _ => throw new FormatException($"There is no transport '{name}'."),
    };

    private static string Known(string name) =>
        Array.Exists(Catalogue.All, scenario => scenario.Name == name) ? name : throw new FormatException($"There is no scenario '{name}'.");
}
