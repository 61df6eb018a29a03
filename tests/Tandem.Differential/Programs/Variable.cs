namespace Tandem.Differential.Programs;

/// <summary>A variable of a generated program.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">The index of its kind in <see cref="Corpus.All"/>.</param>
/// <param name="Offset">What is added to the program's seed for it.</param>
/// <param name="Writable">Whether it may be assigned and passed by reference.</param>
internal sealed record Variable(string Name, int Value, int Offset, bool Writable)
{
    /// <summary>The origin, in C#.</summary>
    internal string Origin => $"new Origin({Value}, seed + {Offset})";

    /// <summary>An expression that makes the value, in C#.</summary>
    internal string Made => $"Make.Of(seed + {Offset}, {Corpus.All[Value].Source})";
}
