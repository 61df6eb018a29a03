using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Tandem.Compare.Statistics;

namespace Tandem.Tool.Lab.Deciding;

/// <summary>
/// The rounds of an experiment. In each, all that is compared has its turn, so that a slow moment of the machine falls on all alike. Where
/// they decide nothing there are more, up to twice as many; where other programs disturb every one of them there are fewer.
/// </summary>
internal sealed class LabRounds
{
    /// <summary>When all of so many rounds were disturbed, the others would be.</summary>
    private const int EnoughDisturbed = 3;

    /// <summary>Rounds that were all disturbed are few when they take this long: others slow them down, too.</summary>
    private static readonly TimeSpan PatienceWhenDisturbed = TimeSpan.FromSeconds(10);

    /// <summary>No round begins later than this, whatever they have decided.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    // What the kernel counts in steps of 10 ms says nothing of a shorter time.
    private static readonly TimeSpan ShortestRound = TimeSpan.FromMilliseconds(200);

    private readonly IReadOnlyList<LabClaim> _claims;
    private readonly List<LabRound> _rounds;

    internal LabRounds(IReadOnlyList<LabClaim> claims, IEnumerable<LabRound> rounds)
    {
        _claims = claims;
        _rounds = [.. rounds];
    }

    internal int Count => _rounds.Count;

    internal LabDecision Decision => LabDecision.Of(_claims, _rounds);

    /// <summary>Measures.</summary>
    /// <param name="context">Ends it.</param>
    /// <param name="claims">What is to be decided.</param>
    /// <param name="wanted">How many rounds are wanted.</param>
    /// <param name="round">Measures one round, of the number that it is given.</param>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "A round lasts at least so long.")]
    internal static async Task<LabRounds> MeasureAsync(LabContext context, IReadOnlyList<LabClaim> claims, int wanted, Func<int, Task<Dictionary<string, double>>> round)
    {
        var all = new LabRounds(claims, []);
        long begun = Stopwatch.GetTimestamp();
        for (int number = 0; !all.IsEnough(wanted, Stopwatch.GetElapsedTime(begun)); number++)
        {
            context.Begin($"round {number + 1}");
            long start = Stopwatch.GetTimestamp();
            Func<double?> others = context.WatchOthers();
            Dictionary<string, double> figures = await round(number).ConfigureAwait(false);
            TimeSpan rest = ShortestRound - Stopwatch.GetElapsedTime(start);
            if (rest > TimeSpan.Zero)
                await Task.Delay(rest, context.CancellationToken).ConfigureAwait(false);

            all._rounds.Add(new LabRound(others(), figures));
        }

        return all;
    }

    /// <summary>Together with rounds of something else.</summary>
    internal LabRounds With(LabRounds others) => new([.. _claims, .. others._claims], [.. _rounds, .. others._rounds]);

    /// <summary>What was counted or looked at once.</summary>
    /// <param name="claims">What is to be decided.</param>
    /// <param name="others">Has looked at other programs meanwhile.</param>
    /// <param name="figures">What was found.</param>
    internal static LabRounds Once(IReadOnlyList<LabClaim> claims, Func<double?> others, Dictionary<string, double> figures) =>
        new(claims, [new LabRound(others(), figures)]);

    /// <summary>Whether another round would not change anything, or too many are over, or they have taken too long.</summary>
    internal bool IsEnough(int wanted, TimeSpan elapsed)
    {
        // What does not depend on others has a round for each thing to try.
        if (!_claims.Any(static claim => claim.NeedsQuiet))
            return _rounds.Count >= wanted && (_rounds.Count >= 2 * wanted || Decision.Verdict != LabVerdict.TooBusy);

        if (_rounds.Count == 0)
            return false;

        if (elapsed > Patience)
            return true;

        if (_rounds.TrueForAll(static round => round.IsDisturbed) && (_rounds.Count >= Math.Min(EnoughDisturbed, wanted) || elapsed > PatienceWhenDisturbed))
            return true;

        return _rounds.Count >= wanted && (_rounds.Count >= 2 * wanted || Decision.Verdict != LabVerdict.TooBusy);
    }

    /// <summary>The values of a figure in all rounds, for what others do not change.</summary>
    internal double[] All(string figure) => [.. _rounds.Select(round => round[figure]).OfType<double>()];

    /// <summary>The values of a figure in rounds that nobody disturbed; in all, where there are none.</summary>
    internal double[] Values(string figure)
    {
        LabRound[] measured = [.. _rounds.Where(round => round.Figures.ContainsKey(figure))];
        LabRound[] quiet = [.. measured.Where(static round => !round.IsDisturbed)];
        return [.. (quiet.Length > 0 ? quiet : measured).Select(round => round[figure]!.Value)];
    }

    /// <summary>The median of a figure; 0 when no round has it.</summary>
    internal double Median(string figure) => Series.Median(Values(figure));

    /// <summary>The median of a difference that is positive by nature; null where the noise is as large as the figure.</summary>
    internal double? Clear(string figure)
    {
        double[] values = Values(figure);
        (double mean, double half) = Ratio.Interval(values);
        double median = Series.Median(values);
        return values.Length > 1 && mean > half && median > 0 ? median : null;
    }
}
