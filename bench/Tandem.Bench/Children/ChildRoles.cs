using System.Globalization;
using Tandem.Bench.Metrics;

namespace Tandem.Bench.Children;

/// <summary>What this program does as a child of itself.</summary>
internal static class ChildRoles
{
    internal const string Echo = "echo";
    internal const string EchoBytes = "echo-bytes";
    internal const string FirstResult = "first-result";
    internal const string Recovery = "recovery";

    internal static async Task<int> RunAsync(string[] role)
    {
        switch (role)
        {
            case [FirstResult, var backend]:
                await Metrics.FirstResult.RunChildAsync(backend);
                return 0;
            case [Recovery, var kills]:
                await Metrics.Recovery.RunChildAsync(int.Parse(kills, CultureInfo.InvariantCulture));
                return 0;
            case [Echo, var descriptor]:
                RawRing.Echo(descriptor);
                return 0;
            case [EchoBytes, var path]:
                EchoPeer.Run(path);
                return 0;
            default:
                Console.Error.WriteLine($"There is no role {string.Join(' ', role)}.");
                return 2;
        }
    }
}
