using System.Globalization;
using Tandem.ServeBench.Experiments;

namespace Tandem.ServeBench;

/// <summary>What the command line asks for.</summary>
internal sealed record ServeBenchOptions
{
    internal const string Usage =
        """
        usage: Tandem.ServeBench [--quick] [--seconds N] [--only EXPERIMENT,...] [--own-session] [--markdown FILE] [--tool PATH] [--app PATH]

          --quick          shorter and fewer rounds
          --seconds N      how long each load with disturbances is (default 30, quick 8)
          --only           control, throughput, latency, faults, reload, kills, fairness, upgrade, orphans, memory, ready; or peers, which runs
                           only when it is named: reloads and kills beside other servers
          --own-session    each server in a session of its own, as service managers start it: the kernel divides the processors between
                           sessions, so that the load cannot take more of them than the server
          --markdown FILE  replaces the text between <!-- table:begin --> and <!-- table:end --> in FILE; that of peers stands between
                           <!-- peers:begin --> and <!-- peers:end -->
          --tool PATH      Tandem.Tool.dll, or a program that takes the same arguments
          --app PATH       the application's dll

        Everything runs on the loopback address. The exit code is 1 when a measurement could not be made. A missed target is reported,
        not an error: machines are noisy.
        """;

    internal bool Quick { get; init; }

    internal bool OwnSession { get; init; }

    internal int? Length { get; init; }

    internal int Seconds => Length ?? (Quick ? 8 : 30);

    internal string? Markdown { get; init; }

    internal HashSet<string>? Only { get; init; }

    internal string Tool { get; init; } = InArtifacts("Tandem.Tool");

    internal string App { get; init; } = InArtifacts("Tandem.Serve.TestApp");

    /// <summary>What measures of the server itself are taken with: what an application adds is its own.</summary>
    internal string EmptyApp { get; init; } = InArtifacts("Tandem.ServeBench.EmptyApp");

    internal bool Wants(Experiment experiment) => Only?.Contains(experiment.Name) ?? experiment.Section == Experiment.MainSection;

    /// <exception cref="FormatException">An argument is unknown, or its value cannot be used.</exception>
    internal static ServeBenchOptions Parse(string[] arguments)
    {
        var options = new ServeBenchOptions();
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (name == "--quick")
            {
                options = options with { Quick = true };
                continue;
            }

            if (name == "--own-session")
            {
                options = options with { OwnSession = true };
                continue;
            }

            if (++i == arguments.Length)
                throw new FormatException($"{name} is unknown or needs a value.");

            string value = arguments[i];
            options = name switch
            {
                "--seconds" => options with { Length = int.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture) },
                "--markdown" => options with { Markdown = value },
                "--tool" => options with { Tool = Path.GetFullPath(value) },
                "--app" => options with { App = Path.GetFullPath(value) },
                "--only" => options with { Only = Names(value) },
                _ => throw new FormatException($"{name} is unknown."),
            };
        }

        return options;
    }

    private static HashSet<string> Names(string list)
    {
        string[] names = list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string[] known = [.. Experiment.All.Select(static experiment => experiment.Name)];
        return names.FirstOrDefault(name => !known.Contains(name)) is { } stranger
            ? throw new FormatException($"There is no experiment {stranger}. There are: {string.Join(", ", known)}.")
            : [.. names];
    }

    private static string InArtifacts(string project)
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Tandem.slnx")))
            root = root.Parent;

        return Path.Combine(root?.FullName ?? ".", "artifacts", "bin", project, "release", $"{project}.dll");
    }
}
