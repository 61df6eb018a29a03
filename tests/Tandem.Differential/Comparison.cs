using System.Collections.Concurrent;
using System.Diagnostics;

namespace Tandem.Differential;

/// <summary>Runs cases in every engine and compares what was seen with what <c>Task.Run</c> gave.</summary>
public sealed class Comparison(Engines engines, int portableEvery = 8)
{
    private const int AtOnce = 8;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private readonly ConcurrentBag<Difference> _differences = [];
    private readonly ConcurrentDictionary<string, bool> _same = new(), _differed = new();
    private int _cases, _refused, _known, _slow;

    /// <summary>What differed, in no order.</summary>
    public IReadOnlyCollection<Difference> Differences => _differences;

    /// <summary>Known differences of which no case differed.</summary>
    public IEnumerable<string> Stale => _same.Keys.Except(_differed.Keys).Order(StringComparer.Ordinal);

    /// <summary>Cases that ran.</summary>
    public int Cases => _cases;

    /// <summary>A line about what ran.</summary>
    public string Summary => $"{_cases} cases, {_refused} refused by processes as listed, {_known} known differences, {_differences.Count} failures";

    /// <summary>Compares all of them, several at a time; of slow ones, one in <paramref name="slowEvery"/>.</summary>
    public Task RunAsync(IEnumerable<Case> cases, int slowEvery = 1) => Parallel.ForEachAsync(
        cases.Where(c => !c.Slow || Interlocked.Increment(ref _slow) % slowEvery == 0),
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
        async (c, _) => await CompareAsync(c));

    private async Task CompareAsync(Case one)
    {
        int number = Interlocked.Increment(ref _cases);
        string expected = (await SeeAsync(one, engines.Oracle)).Text;
        await CheckAsync(one, engines.Threads, expected);
        await CheckAsync(one, engines.Processes, expected);
        if (number % portableEvery == 0)
            await CheckAsync(one, engines.Portable, expected);
    }

    private async Task CheckAsync(Case one, Engine engine, string expected)
    {
        (string actual, bool refused) = await SeeAsync(one, engine);
        if (actual == expected)
        {
            if (engine.IsProcess && one.KnownDifference is { } listed)
                _same[listed] = true;

            return;
        }

        if (engine.IsProcess && one.KnownDifference is { } known)
        {
            _differed[known] = true;
            Interlocked.Increment(ref _known);
        }
        else if (engine.IsProcess && refused && one.Refused is not null)
            Interlocked.Increment(ref _refused);
        else
            _differences.Add(new Difference(one, engine.Name, expected, actual));
    }

    private static async Task<(string Text, bool Refused)> SeeAsync(Case one, Engine engine)
    {
        try
        {
            return (await one.Run(engine).WaitAsync(Longest), false);
        }
        catch (WorkSerializationException e)
        {
            return ($"refused: {e.Message}", true);
        }
        catch (Exception e)
        {
            return ($"threw {e.GetType().Name}: {(e is UnreachableException or RemoteWorkException ? e.ToString() : e.Message)}", false);
        }
    }
}

/// <summary>A case in which an engine did not give what <c>Task.Run</c> gave.</summary>
public sealed record Difference(Case Case, string Engine, string Expected, string Actual)
{
    /// <inheritdoc/>
    public override string ToString()
    {
        int at = 0;
        while (at < Expected.Length && at < Actual.Length && Expected[at] == Actual[at])
            at++;

        int from = Math.Max(0, at - 60);
        return $"{Case.Id} {Case.Description}\n      {Engine}: …{Part(Actual, from)}\n      Task.Run: …{Part(Expected, from)}";
    }

    private static string Part(string text, int from) => text.Length <= from ? "" : text[from..Math.Min(text.Length, from + 260)].Replace('\n', '⏎');
}
