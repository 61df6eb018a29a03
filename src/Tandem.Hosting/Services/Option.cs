namespace Tandem.Hosting;

/// <summary>Checks of options.</summary>
internal static class Option
{
    /// <exception cref="ArgumentOutOfRangeException">The option is not <paramref name="valid"/>.</exception>
    internal static void Check(bool isValid, string option, object? value, string valid, string owner)
    {
        if (!isValid)
            throw new ArgumentOutOfRangeException(option, value, $"{option} of '{owner}' must be {valid}.");
    }

    /// <summary>Whether timers can count it.</summary>
    internal static bool IsDuration(TimeSpan value) => value >= TimeSpan.Zero && value.TotalMilliseconds < int.MaxValue;
}
