using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Tandem.Bench.Children;
using Tandem.Bench.Harness;

namespace Tandem.Bench.Peers;

/// <summary>
/// What a user of another platform would pick, measured by a script of its own that prints figures in our form.
/// </summary>
/// <param name="Name">The name of the peer, for the script and for notes.</param>
/// <param name="Programs">Interpreters to try; the first that answers <paramref name="Probe"/> is taken.</param>
/// <param name="Probe">Arguments with which an interpreter ends well when it has what the peer needs.</param>
/// <param name="Arguments">Arguments of the measurement.</param>
/// <param name="Needs">What is missing when none does.</param>
internal sealed record Peer(string Name, string[] Programs, string[] Probe, string[] Arguments, string Needs)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly Metric[] Metrics =
    [
        Metric.FirstResult, Metric.RoundTripHot, Metric.RoundTripIdle, Metric.Calls, Metric.MapItems, Metric.Payload1, Metric.Payload1Serial,
    ];

    /// <summary>The peers that this run asks for.</summary>
    internal static IEnumerable<Peer> All(BenchOptions options)
    {
        string wanted = string.Join(',', Metrics.Select(metric => metric.Name).Where(options.WantsMetric));
        if (wanted.Length == 0 || !options.WantsPeers)
            yield break;

        string mode = options.Quick ? "quick" : "full";
        string scripts = Path.Combine(AppContext.BaseDirectory, "peers");
        // Debian's packages belong to Debian's own interpreter, which need not be the first on the path.
        string[] pythons = ["python3", "/usr/bin/python3"];
        string python = Path.Combine(scripts, "python_pools.py");
        string node = Path.Combine(scripts, "node_pools.cjs");
        string modules = Path.GetFullPath(options.PeersDirectory ?? Environment.GetEnvironmentVariable(BenchOptions.PeersVariable) ?? ".");
        Peer[] peers =
        [
            new(Backend.Python, pythons, ["-c", "import concurrent.futures"], [python, Backend.Python, mode, wanted], "python3"),
            new(
                Backend.Loky, pythons, ["-c", "import joblib.externals.loky"], [python, Backend.Loky, mode, wanted],
                "python3 with joblib (Debian: python3-joblib)"),
            .. new[] { Backend.Piscina, Backend.Workerpool }.Select(name => new Peer(
                name,
                ["node"],
                ["-e", $"require(require.resolve('{name}', {{ paths: [process.argv[1]] }}))", modules],
                [node, name, mode, wanted, modules],
                $"node, and {name} in the directory that --peers names (npm install {name})")),
        ];
        foreach (Peer peer in peers.Where(peer => options.WantsBackend(peer.Name)))
            yield return peer;
    }

    /// <summary>Adds the peer's figures to <paramref name="results"/>; returns why there are none.</summary>
    internal async Task<string?> RunAsync(ResultLog results)
    {
        foreach (string program in Programs)
        {
            if (await OutputOfAsync(program, Probe, quiet: true) is null)
                continue;

            if (await OutputOfAsync(program, Arguments, quiet: false) is not { } output)
                return "its script failed or took more than two minutes";

            foreach (string line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                Add(results, JsonSerializer.Deserialize<Result>(line)!);
            return null;
        }

        return $"left out; it needs {Needs}";
    }

    private static void Add(ResultLog results, Result result)
    {
        if (Metric.All.FirstOrDefault(metric => metric.Name == result.Metric) is { } known)
            results.Add(result.Backend, known, result.Value);
    }

    /// <returns>Standard output, or null where the program is missing, fails or takes too long.</returns>
    private static async Task<string?> OutputOfAsync(string program, string[] arguments, bool quiet)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = quiet };
        ChildProcess.RemoveTandemVariables(start);
        try
        {
            using Process process = Process.Start(start)!;
            using var limit = new CancellationTokenSource(Limit);
            using CancellationTokenRegistration kill = limit.Token.Register(() => process.Kill(entireProcessTree: true));
            Task<string> errors = quiet ? process.StandardError.ReadToEndAsync(CancellationToken.None) : Task.FromResult("");
            string output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            await errors;
            await process.WaitForExitAsync(CancellationToken.None);
            return process.ExitCode == 0 ? output : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
