using System.Runtime.CompilerServices;

namespace Tandem.Differential;

/// <summary>All kinds of values. A new one is a line in one of the files in <c>Values</c>.</summary>
public static class Corpus
{
    /// <summary>The values, by index.</summary>
    public static IReadOnlyList<Value> All { get; } = Build();

    /// <summary>Makes the value of an origin: what work does that gives a new value back.</summary>
    public static T Make<T>(Origin origin) => (T)All[origin.Value].Make(origin.Seed)!;

    private static List<Value> Build()
    {
        var list = new ValueList();
        Values.Plain.AddTo(list);
        Values.Framework.AddTo(list);
        Values.Collections.AddTo(list);
        Values.OwnTypes.AddTo(list);
        Values.Failures.AddTo(list);
        Values.Languages.AddTo(list);
        return list.Values;
    }
}

/// <summary>Collects the lines of the corpus.</summary>
public sealed class ValueList
{
    internal List<Value> Values { get; } = [];

    /// <summary>Adds a kind of values.</summary>
    /// <param name="name">A name that no other line has.</param>
    /// <param name="make">Makes a value from random numbers; it may name nothing but its parameter and public members.</param>
    /// <param name="refused">Why processes may refuse it.</param>
    /// <param name="source">The compiler's: the text of <paramref name="make"/>.</param>
    public void Add<T>(string name, Func<Random, T> make, string? refused = null, [CallerArgumentExpression(nameof(make))] string source = "") =>
        Values.Add(new Value<T>(name, make, source, refused));

    /// <summary>Adds one of which there is no text to put into a program.</summary>
    public void AddByName(string name, Func<Random, object> make, string? refused = null) =>
        Values.Add(new Value<object>(name, make, "", refused));
}
