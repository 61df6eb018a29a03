namespace Tandem.Differential;

/// <summary>Which cases a run has.</summary>
public static class Cases
{
    /// <summary>One case in so many is a program.</summary>
    private const int ProgramEvery = 3;

    /// <summary>The cases that the options ask for.</summary>
    public static IEnumerable<Case> Of(ComparisonOptions options, Func<int, int, Case> programs)
    {
        if (options.Case is { } id)
        {
            int number = int.Parse(id[1..], System.Globalization.CultureInfo.InvariantCulture);
            return [id[0] == 'p' ? programs(number, options.Seed) : Case.OfForm(number, options.Seed)];
        }

        if (options.Form is not null || options.Value is not null)
        {
            return Enumerable.Range(0, Forms.AllForms.List.Count * Corpus.All.Count).Select(n => Case.OfForm(n, options.Seed)).Where(c =>
                c.Description.Contains(options.Form ?? "", StringComparison.Ordinal)
                && c.Description.Contains(options.Value is null ? "" : $"of {options.Value} (", StringComparison.Ordinal)).Take(options.Cases);
        }

        return Mixed(options, programs);
    }

    private static IEnumerable<Case> Mixed(ComparisonOptions options, Func<int, int, Case> programs)
    {
        for (int i = 0; i < options.Cases; i++)
            yield return i % ProgramEvery == 0 ? programs(i / ProgramEvery, options.Seed) : Case.OfForm(i, options.Seed);
    }
}
