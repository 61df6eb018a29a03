using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Tandem.Compare.Statistics;

namespace Tandem.Tool.Lab.Deciding;

/// <summary>
/// The rounds of an experiment. Each round measures everything that is compared, so that a slow moment of the machine affects all alike. If
/// the rounds decide nothing, there are more, up to twice as many; if other programs disturb every one of them, there are fewer.
/// </summary>
internal sealed class LabRounds
{
    /// <summary>If this many rounds were all disturbed, further rounds would be, too.</summary>
    private const int EnoughDisturbed = 3;

    /// <summary>The time limit if all rounds were disturbed, because other programs slow the rounds down, too.</summary>
    private static readonly TimeSpan PatienceWhenDisturbed = TimeSpan.FromSeconds(10);

    /// <summary>No round begins later than this, whatever the result is.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    // The kernel counts processor time in steps of 10 ms, so a shorter round would be too inaccurate.
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

    /// <summary>Measures rounds until they are enough.</summary>
    /// <param name="context">Cancels the measurement.</param>
    /// <param name="claims">The claims to decide.</param>
    /// <param name="wanted">The intended number of rounds.</param>
    /// <param name="round">Measures one round; its argument is the round's index.</param>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "A round lasts at least so long.")]
    internal static async Task<LabRounds> MeasureAsync(
        LabContext context, IReadOnlyList<LabClaim> claims, int wanted, Func<int, Task<Dictionary<string, double>>> round)
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

    /// <summary>Combines these rounds with those of another measurement.</summary>
    internal LabRounds With(LabRounds others) => new([.. _claims, .. others._claims], [.. _rounds, .. others._rounds]);

    /// <summary>Creates a single round from figures that were counted once.</summary>
    /// <param name="claims">The claims to decide.</param>
    /// <param name="others">Returns the share of other programs.</param>
    /// <param name="figures">The figures.</param>
    internal static LabRounds Once(IReadOnlyList<LabClaim> claims, Func<double?> others, Dictionary<string, double> figures) =>
        new(claims, [new LabRound(others(), figures)]);

    /// <summary>Whether no further round is needed, or there were too many, or they took too long.</summary>
    internal bool IsEnough(int wanted, TimeSpan elapsed)
    {
        // A measurement that other programs cannot disturb has one round per case.
        if (!_claims.Any(static claim => claim.NeedsQuiet))
            return _rounds.Count >= wanted && (_rounds.Count >= 2 * wanted || Decision.Verdict != LabVerdict.TooBusy);

        if (_rounds.Count == 0)
            return false;

        if (elapsed > Patience)
            return true;

        if (_rounds.TrueForAll(static round => round.IsDisturbed)
            && (_rounds.Count >= Math.Min(EnoughDisturbed, wanted) || elapsed > PatienceWhenDisturbed))
        {
            return true;
        }

        return _rounds.Count >= wanted && (_rounds.Count >= 2 * wanted || Decision.Verdict != LabVerdict.TooBusy);
    }

    /// <summary>The values of a figure in all rounds, for figures that other programs do not change.</summary>
    internal double[] All(string figure) => [.. _rounds.Select(round => round[figure]).OfType<double>()];

    /// <summary>The values of a figure in undisturbed rounds; in all rounds, if there are none.</summary>
    internal double[] Values(string figure)
    {
        LabRound[] measured = [.. _rounds.Where(round => round.Figures.ContainsKey(figure))];
        LabRound[] quiet = [.. measured.Where(static round => !round.IsDisturbed)];
        return [.. (quiet.Length > 0 ? quiet : measured).Select(round => round[figure]!.Value)];
    }

    /// <summary>The median of a figure; 0 if no round has it.</summary>
    internal double Median(string figure) => Series.Median(Values(figure));

    /// <summary>The median of a difference that must be positive; null if the noise is as large as the figure.</summary>
    internal double? Clear(string figure)
    {
        double[] values = Values(figure);
        (double mean, double half) = Ratio.Interval(values);
        double median = Series.Median(values);
        return values.Length > 1 && mean > half && median > 0 ? median : null;
    }
}
