using System.Globalization;
using Tandem.Invocation;

namespace Tandem.Tests.Serialization;

/// <summary>
/// Every type of the framework that a recipe makes is sent to another process. There it must be what the same recipe makes there, or
/// the call must have been refused.
/// </summary>
public class FrameworkAudit
{
    /// <summary>Recipes whose values differ for a reason that is none of ours.</summary>
    private static readonly Dictionary<string, string> Exceptions = new(StringComparer.Ordinal)
    {
        ["System.Runtime.Serialization.StreamingContext(System.Runtime.Serialization.StreamingContextStates, System.Object)"] =
            "compares a string by its reference",
        ["System.Reflection.CustomAttributeTypedArgument(System.Type, System.Object)"] = "compares a string by its reference",
        ["System.Reflection.CustomAttributeTypedArgument(System.Object)"] = "compares a string by its reference",
        ["System.DateTime::Today"] = "is another day after midnight",
        ["System.Diagnostics.TraceEventCache()"] = "takes the stack of the moment when it is asked",
    };

    [Fact(Timeout = Limits.Test)]
    public async Task A_value_of_the_framework_arrives_as_it_was_or_is_refused()
    {
        await using WorkerPool pool = WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 1 });
        var sent = new List<(string Name, byte[] Bytes, string Description)>();
        int refused = 0;
        var problems = new List<string>();
        foreach (Recipe recipe in Recipes.All())
        {
            if (!TryMake(recipe, out object? value))
                continue;

            // So that what is computed once is there, such as a hash code.
            _ = Hash(value);
            try
            {
                sent.Add((recipe.Name, Wire.Write(value, CallLinks.ForResults), Description.Of(value)));
            }
            catch (WorkSerializationException)
            {
                refused++;
            }
            catch (Exception e)
            {
                problems.Add($"{recipe.Name}: writing threw {e.GetType().Name}: {e.Message}");
            }
        }

        problems.AddRange(await pool.RunAsync(static (values, _) => Check(values), sent));
        problems.RemoveAll(p => Exceptions.Keys.Any(k => p.StartsWith(k + ":", StringComparison.Ordinal)));
        Assert.True(problems.Count == 0, $"{sent.Count} sent, {refused} refused\n{string.Join('\n', problems)}");
        Assert.InRange(sent.Count, 500, int.MaxValue);
    }

    private static List<string> Check(List<(string Name, byte[] Bytes, string Description)> values)
    {
        var recipes = new Dictionary<string, Recipe>(StringComparer.Ordinal);
        foreach (Recipe recipe in Recipes.All())
            recipes.TryAdd(recipe.Name, recipe);

        var problems = new List<string>();
        foreach ((string name, byte[] bytes, string description) in values)
        {
            if (Problem(recipes[name], bytes, description) is { } problem)
                problems.Add($"{name}: {problem}");
        }

        return problems;
    }

    private static string? Problem(Recipe recipe, byte[] bytes, string description)
    {
        object? read;
        try
        {
            read = Wire.Read<object?>(bytes, CallLinks.ForResults);
        }
        catch (Exception e)
        {
            return $"reading threw {e.GetType().Name}: {e.Message}";
        }

        string arrived = Description.Of(read);
        if (arrived != description)
            return $"differs:\n      {Difference(description, arrived)}";

        if (!TryMake(recipe, out object? own) || own is null || read is null)
            return null;

        if (recipe.IsShared && ReferenceEquals(own, Again(recipe)) && !ReferenceEquals(own, read))
            return "is another object than the one there";

        try
        {
            bool isEqual = !Equals(own, Again(recipe)) || (Equals(own, read) && Equals(read, own) && own.GetHashCode() == read.GetHashCode());
            return isEqual ? null : "is not equal to the one there";
        }
        catch (Exception)
        {
            // Values that cannot be compared at all.
            return null;
        }
    }

    private static int Hash(object? value)
    {
        try
        {
            return value?.GetHashCode() ?? 0;
        }
        catch (Exception)
        {
            // Values that have none.
            return 0;
        }
    }

    private static object? Again(Recipe recipe) => TryMake(recipe, out object? value) ? value : null;

    private static bool TryMake(Recipe recipe, out object? value)
    {
        try
        {
            value = recipe.Make();
            return true;
        }
        catch (Exception)
        {
            value = null;
            return false;
        }
    }

    private static string Difference(string expected, string actual)
    {
        int at = 0;
        while (at < expected.Length && at < actual.Length && expected[at] == actual[at])
            at++;

        int from = Math.Max(0, at - 60);
        return string.Create(CultureInfo.InvariantCulture, $"…{Cut(expected, from)} | …{Cut(actual, from)}");

        static string Cut(string text, int from) => text.Substring(from, Math.Min(160, text.Length - from));
    }
}
