using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Tandem.Compare.Measuring;

namespace Tandem.Compare.Running;

/// <summary>Reports an item that runs for long, so that the user knows why the comparison waits.</summary>
internal sealed class Waiting(ComparisonOptions options, Workload workload, WorkerConfiguration configuration, ItemBoard board)
{
    /// <summary>Waits for a run.</summary>
    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "How long a person waits before a line says what is waited for.")]
    internal async Task<T> ForAsync<T>(Task<T> run, CancellationToken cancellationToken)
    {
        // The next report about the item comes when twice the time has passed.
        for (TimeSpan patience = options.Patience; options.Progress is not null; patience *= 2)
        {
            if (await Task.WhenAny(run, Task.Delay(patience, cancellationToken)).ConfigureAwait(false) == run
                || cancellationToken.IsCancellationRequested)
            {
                break;
            }

            if (Longest() is var (item, time) && time >= options.Patience)
            {
                options.Progress.Report(new ComparisonProgress(string.Create(
                    CultureInfo.InvariantCulture,
                    $"waiting for item {workload.Describe(item)}, "
                        + $"which has run for {time.TotalSeconds:0} s with {configuration.Name}"), 0, 0));
            }
        }

        return await run.ConfigureAwait(false);
    }

    /// <summary>The item that has run for the longest time; null if none runs.</summary>
    private (int Item, TimeSpan Time)? Longest()
    {
        (int item, long start) = (-1, long.MaxValue);
        ReadOnlySpan<ItemMark> marks = board.Marks;
        for (int number = 0; number < marks.Length; number++)
        {
            if (marks[number].IsRunning && marks[number].Start < start)
                (item, start) = (number, marks[number].Start);
        }

        return item < 0 ? null : (item, Stopwatch.GetElapsedTime(start));
    }
}
