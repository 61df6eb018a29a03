using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Tandem.ServeBench.Servers;

/// <summary>What wrk says of a run.</summary>
internal readonly record struct WrkResult(double RequestsPerSecond, double P99, long Errors);

/// <summary>The load generator wrk.</summary>
internal static partial class Wrk
{
    internal static bool IsInstalled { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(static folder => File.Exists(Path.Combine(folder, "wrk")));

    internal static async Task<WrkResult> RunAsync(IPEndPoint endPoint, string path, bool close, int seconds)
    {
        string[] header = close ? ["-H", "Connection: close"] : [];
        var info = new ProcessStartInfo("wrk", ["-t2", $"-c{WarmServers.Clients}", $"-d{seconds}s", "--latency", .. header, $"http://{endPoint}{path}"])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(info)!;
        string text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Match rate = Rate().Match(text), tail = Tail().Match(text);
        if (!rate.Success || !tail.Success)
            throw new InvalidDataException($"wrk said what is not understood: {text}");

        return new WrkResult(Number(rate.Groups[1]), Number(tail.Groups[1]) * Unit(tail.Groups[2].Value), Errors(text));
    }

    private static long Errors(string text)
    {
        Match sockets = SocketErrors().Match(text), statuses = Statuses().Match(text);
        long count = sockets.Success ? sockets.Groups.Values.Skip(1).Sum(static group => (long)Number(group)) : 0;
        return count + (statuses.Success ? (long)Number(statuses.Groups[1]) : 0);
    }

    private static double Number(Group group) => double.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    private static double Unit(string unit) => unit switch { "us" => 1e-3, "ms" => 1, "s" => 1e3, _ => 60e3 };

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s|m)")]
    private static partial Regex Tail();

    [GeneratedRegex(@"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")]
    private static partial Regex SocketErrors();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (\d+)")]
    private static partial Regex Statuses();
}
