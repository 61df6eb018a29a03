using System.Reflection;

namespace Tandem.Differential;

/// <summary>One line of the corpus: a kind of values, with how to make one.</summary>
public abstract class Value(string name, string source, string? refused)
{
    private bool? _bringsCode;

    /// <summary>What failures call it.</summary>
    public string Name { get; } = name;

    /// <summary>The C# text of the generator, <c>r => …</c>, from which programs are put together; empty where there is none.</summary>
    public string Source { get; } = source;

    /// <summary>Why a process may refuse it; null for what has to arrive.</summary>
    public string? Refused { get; } = refused;

    /// <summary>Whether it refers to code, which comes back only where the program has declared it.</summary>
    public bool BringsCode => _bringsCode ??= Refused is null && CodeSearch.Finds(Make(1));

    /// <summary>The declared type.</summary>
    public abstract Type Type { get; }

    /// <summary>Makes a value; the same one for the same seed.</summary>
    public abstract object? Make(int seed);

    /// <summary>Runs a form with a new value.</summary>
    public abstract Task<string> RunAsync(MethodInfo form, Engine engine, Origin origin);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <inheritdoc/>
public sealed class Value<T>(string name, Func<Random, T> make, string source, string? refused) : Value(name, source, refused)
{
    private readonly Dictionary<MethodInfo, Func<Engine, T, Origin, Task<string>>> _forms = [];

    /// <inheritdoc/>
    public override Type Type => typeof(T);

    /// <inheritdoc/>
    public override object? Make(int seed) => make(new Random(seed));

    /// <inheritdoc/>
    public override Task<string> RunAsync(MethodInfo form, Engine engine, Origin origin)
    {
        Func<Engine, T, Origin, Task<string>>? run;
        lock (_forms)
        {
            if (!_forms.TryGetValue(form, out run))
            {
                run = form.MakeGenericMethod(typeof(T)).CreateDelegate<Func<Engine, T, Origin, Task<string>>>();
                _forms.Add(form, run);
            }
        }

        return run(engine, make(new Random(origin.Seed)), origin);
    }
}
