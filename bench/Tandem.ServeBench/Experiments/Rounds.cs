using Tandem.Bench.Harness;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>The same load on all servers in turn, again and again. The first server is what the others are compared with.</summary>
internal sealed class Rounds<T>
{
    private readonly T[,] _results;

    private Rounds(int servers, int rounds) => _results = new T[servers, rounds];

    /// <summary>Measures each server once a round, after a first time that does not count.</summary>
    internal static async Task<Rounds<T>> RunAsync(IReadOnlyList<Server> servers, int rounds, Func<Server, Task<T>> measure)
    {
        var own = new Rounds<T>(servers.Count, rounds);
        for (int round = -1; round < rounds; round++)
        {
            for (int turn = 0; turn < servers.Count; turn++)
            {
                int one = Turns.WhoComes(turn, round + 1, servers.Count);
                T result = await measure(servers[one]);
                if (round >= 0)
                    own._results[one, round] = result;
            }
        }

        return own;
    }

    internal IEnumerable<T> Of(int server) => Enumerable.Range(0, _results.GetLength(1)).Select(round => _results[server, round]);

    internal double Median(int server, Func<T, double> figure) => Statistics.Median(Of(server).Select(figure).ToArray());

    /// <summary>Within a round: both sides of a ratio were measured in the same minute.</summary>
    internal double MedianRatio(int server, Func<T, double> figure) =>
        Statistics.Median(Of(server).Zip(Of(0), (own, first) => figure(own) / figure(first)).ToArray());
}
