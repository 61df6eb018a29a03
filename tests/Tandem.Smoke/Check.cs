using System.Runtime.CompilerServices;

namespace Tandem.Smoke;

/// <summary>Checks what a scenario sees. There is no test framework: the program also runs where none does.</summary>
internal static class Check
{
    internal static void That(bool condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        if (!condition)
            throw new SmokeException($"this does not hold: {what}");
    }

    internal static void Equal<T>(T expected, T actual, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            throw new SmokeException($"{what} is {actual} instead of {expected}");
    }

    internal static void Sequence<T>(IEnumerable<T> expected, IEnumerable<T> actual, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        if (!expected.SequenceEqual(actual))
            throw new SmokeException($"{what} is {string.Join(' ', actual.Take(20))}… instead of {string.Join(' ', expected.Take(20))}…");
    }

    internal static void Contains(string expected, string? actual, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        if (actual?.Contains(expected, StringComparison.Ordinal) != true)
            throw new SmokeException($"{what} does not contain '{expected}': '{actual}'");
    }

    /// <summary>Waits for an exception of this type, or of a derived one, and returns it.</summary>
    internal static async Task<T> ThrowsAsync<T>(Task task)
        where T : Exception
    {
        try
        {
            await task;
        }
        catch (T expected)
        {
            return expected;
        }
        catch (Exception e)
        {
            throw new SmokeException($"{typeof(T).Name} was expected, but it was {e}");
        }

        throw new SmokeException($"{typeof(T).Name} was expected, but nothing was thrown");
    }
}
