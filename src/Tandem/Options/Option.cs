namespace Tandem;

/// <summary>Validates options.</summary>
internal static class Option
{
    /// <exception cref="ArgumentOutOfRangeException">The property is not valid.</exception>
    internal static void Check(bool valid, string owner, string property, object? value, string expected)
    {
        if (!valid)
            throw new ArgumentOutOfRangeException(property, value, $"{owner}.{property} is {value ?? "null"}; it must be {expected}.");
    }

    /// <summary>Whether a duration is not negative, and short enough for timers.</summary>
    internal static bool IsDuration(TimeSpan value) => value >= TimeSpan.Zero && value.TotalMilliseconds < int.MaxValue;

    /// <summary>Whether a time limit is positive, and short enough for timers: at most 24 days.</summary>
    internal static bool IsPositiveDuration(TimeSpan value) => value > TimeSpan.Zero && IsDuration(value);
}
