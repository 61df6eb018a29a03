namespace Tandem;

/// <summary>Environments, with the rule of this system for the names of variables: on Windows, <c>Path</c> and <c>PATH</c> are the same.</summary>
internal static class EnvironmentNames
{
    internal static StringComparer Comparer { get; } = OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>Copies variables. If several names are the same for the comparer, the last one counts.</summary>
    internal static Dictionary<string, TValue> Copy<TValue>(IEnumerable<KeyValuePair<string, TValue>> variables, StringComparer comparer)
    {
        var copy = new Dictionary<string, TValue>(comparer);
        foreach ((string name, TValue value) in variables)
            copy[name] = value;

        return copy;
    }

    /// <summary>Sets variables of an environment, and removes those whose value is null.</summary>
    internal static void Apply(IEnumerable<KeyValuePair<string, string?>> changes, Dictionary<string, string> environment)
    {
        foreach ((string name, string? value) in changes)
        {
            if (value is null)
                environment.Remove(name);
            else
                environment[name] = value;
        }
    }
}
