using System.Reflection;

namespace Tandem.Differential;

/// <summary>One thing to compare: a form with a value, or a generated program.</summary>
/// <param name="Id">What the command line takes to run this case alone.</param>
/// <param name="Description">What failures call it.</param>
/// <param name="Refused">Why processes may refuse it; null if they have to give the right result.</param>
/// <param name="Run">Runs it, with new values, and tells what was seen.</param>
public sealed record Case(string Id, string Description, string? Refused, Func<Engine, Task<string>> Run)
{
    /// <summary>Why it is known to fail in processes; null for all but the documented cases.</summary>
    public string? KnownDifference { get; init; }

    /// <summary>Whether it starts workers of its own.</summary>
    public bool Slow { get; init; }

    /// <summary>A form with a value.</summary>
    public static Case OfForm(int number, int seed)
    {
        IReadOnlyList<MethodInfo> forms = Forms.AllForms.List;
        int values = Corpus.All.Count;
        int pairs = forms.Count * values;

        // A step that is coprime to the number of pairs goes through all, and through forms and values evenly.
        long step = 7919;
        while (GreatestDivisor(step, pairs) != 1)
            step += 2;

        int pair = (int)((number * step + seed) % pairs);
        MethodInfo form = forms[pair / values];
        Value value = Corpus.All[pair % values];
        var origin = new Origin(pair % values, Mix(seed, number));
        Forms.FormAttribute known = Forms.AllForms.Of(form);
        return new Case(
            $"f{number}", $"{form.DeclaringType!.Name}.{form.Name} of {value.Name} ({origin})", known.Refused ?? (known.SendsNothing ? null : value.Refused),
            engine => value.RunAsync(form, engine, origin))
        {
            Slow = known.Slow,
            KnownDifference = KnownDifferences.Find(form, value),
        };
    }

    /// <summary>A number made of two; the same in every process.</summary>
    public static int Mix(int seed, int number) => (int)((uint)(seed * 486187739 + number) * 2654435761 >> 2);

    private static long GreatestDivisor(long a, long b) => b == 0 ? a : GreatestDivisor(b, a % b);
}
