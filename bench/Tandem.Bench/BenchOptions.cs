using System.Diagnostics.CodeAnalysis;
using Tandem.Bench.Harness;

namespace Tandem.Bench;

/// <summary>What the command line asks for.</summary>
internal sealed class BenchOptions
{
    internal const string PeersVariable = "TANDEM_PEERS";

    internal const string Usage =
        """
        usage: Tandem.Bench [--quick] [--json FILE] [--markdown FILE] [--only METRIC,...] [--backends NAME,...] [--peers DIR]

          --quick          fewer rounds, under 50 s; peers only where --peers names them
          --json FILE      writes one object a line: {"backend":…,"metric":…,"value":…,"unit":…}
          --markdown FILE  replaces the text between <!-- table:begin --> and <!-- table:end --> in FILE
          --only           these metrics alone; sharing, overhead and payload_curve stand for all metrics of that kind
          --backends       these alone: threads, processes, processes-mapped, processes-portable, task-run, parallel, ring, and the peers
                           python, loky, piscina, workerpool
          --peers DIR      a directory with node_modules/piscina and node_modules/workerpool; TANDEM_PEERS does as well

        The exit code is 1 when a measurement could not be made. A missed target is reported, not an error: machines are noisy.
        """;

    internal bool Quick { get; private set; }

    internal string? Json { get; private set; }

    internal string? Markdown { get; private set; }

    internal string? PeersDirectory { get; private set; }

    /// <summary>Peers take a minute or more, which a quick run does not have unless the command line says so.</summary>
    internal bool WantsPeers => !Quick || PeersDirectory is not null;

    private HashSet<string>? Only { get; set; }

    private HashSet<string>? Backends { get; set; }

    /// <summary>Each is the beginning of the names of several metrics, and stands for all of them.</summary>
    private static readonly string[] Families = ["sharing", "overhead", "payload_curve"];

    internal bool WantsMetric(string metric) => Only is null || Only.Contains(metric) || Only.Any(name => IsFamilyOf(name, metric));

    /// <summary>Whether the command line names the metric, or its family.</summary>
    internal bool NamesMetric(string metric) => Only is not null && WantsMetric(metric);

    private static bool IsFamilyOf(string name, string metric) => Families.Contains(name) && metric.StartsWith(name, StringComparison.Ordinal);

    internal bool WantsBackend(string backend) => Backends?.Contains(backend) ?? true;

    /// <returns>False with a problem, or with none where only the usage was asked for.</returns>
    internal static bool TryParse(string[] arguments, out BenchOptions options, out string? problem)
    {
        options = new BenchOptions();
        problem = null;
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (name is "--help" or "-h")
                return false;

            if (name == "--quick")
            {
                options.Quick = true;
                continue;
            }

            if (i + 1 == arguments.Length)
            {
                problem = $"{name} is unknown or needs a value.";
                return false;
            }

            if (!options.TrySet(name, arguments[++i], out problem))
                return false;
        }

        return true;
    }

    private bool TrySet(string name, string value, [NotNullWhen(false)] out string? problem)
    {
        problem = null;
        switch (name)
        {
            case "--json":
                Json = value;
                return true;
            case "--markdown":
                Markdown = value;
                return true;
            case "--peers":
                PeersDirectory = value;
                return true;
            case "--only":
                Only = Names(value);
                problem = Unknown(Only, Metric.All.Select(metric => metric.Name).Concat(Families), "metric");
                return problem is null;
            case "--backends":
                Backends = Names(value);
                problem = Unknown(Backends, Backend.All, "backend");
                return problem is null;
            default:
                problem = $"{name} is unknown.";
                return false;
        }
    }

    private static HashSet<string> Names(string list) =>
        list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal);

    private static string? Unknown(HashSet<string> names, IEnumerable<string> known, string kind)
    {
        string[] all = [.. known];
        return names.FirstOrDefault(name => !all.Contains(name)) is { } stranger
            ? $"There is no {kind} {stranger}. There are: {string.Join(", ", all)}."
            : null;
    }
}
