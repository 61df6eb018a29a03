using System.Globalization;

namespace Tandem.Differential;

/// <summary>What the command line says.</summary>
public sealed class ComparisonOptions
{
    public const string Usage = """
        Compares Task.Run, a pool of threads and a pool of processes over generated cases.
          --cases N     how many cases (2,500)
          --seed N      other values, in another order (1)
          --case ID     this case only, as failures name it
          --form TEXT   forms whose name contains it; --value TEXT the same for values
          --show N      how many failures to show (60)
          --list        forms and values, without running anything
        """;

    public int Cases { get; private init; } = 2_500;

    public int Seed { get; private init; } = 1;

    public string? Case { get; private init; }

    public string? Form { get; private init; }

    public string? Value { get; private init; }

    public int Show { get; private init; } = 60;

    public bool List { get; private init; }

    /// <summary>Whether the arguments are for this, and not for the test framework.</summary>
    public static bool AreFor(string[] args) => args is ["--cases" or "--seed" or "--case" or "--list" or "--form" or "--value" or "--help", ..];

    public static ComparisonOptions Parse(string[] args)
    {
        string? Find(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
        int Number(string name, int otherwise) => Find(name) is { } text ? int.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : otherwise;
        return new ComparisonOptions
        {
            Cases = Number("--cases", 2_500),
            Seed = Number("--seed", 1),
            Show = Number("--show", 60),
            Case = Find("--case"),
            Form = Find("--form"),
            Value = Find("--value"),
            List = args.Contains("--list"),
        };
    }
}
