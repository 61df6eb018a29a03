using System.CommandLine;
using System.Globalization;
using Tandem.Tool.Serve;

namespace Tandem.Tool;

/// <summary>The option for the time between two samples.</summary>
internal static class IntervalOption
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <param name="description">The option's description.</param>
    /// <param name="least">The shortest interval, in milliseconds.</param>
    /// <param name="examples">Example values, such as "100ms or 2s".</param>
    internal static Option<TimeSpan?> Create(string description, int least, string examples) => new("--interval")
    {
        Description = description,
        HelpName = "time",
        CustomParser = result =>
        {
            TimeSpan? value = result.Tokens is [var token] ? Quantity.Duration(token.Value) : null;
            if (value is null || value < TimeSpan.FromMilliseconds(least) || value > Longest)
            {
                result.AddError(string.Create(
                    CultureInfo.InvariantCulture, $"--interval must be a time between {least}ms and 1m, such as {examples}."));
            }

            return value;
        },
    };
}
