using System.Globalization;
using System.Text;

namespace Tandem;

/// <summary>
/// Thrown for a work item that ran longer than its <see cref="WorkOptions.Timeout"/>, or waited longer than its
/// <see cref="WorkOptions.QueueTimeout"/>. Says where the work was stuck, where that can be seen.
/// </summary>
public sealed class WorkTimeoutException : TimeoutException
{
    internal WorkTimeoutException(string workItemName, TimeSpan limit, TimeSpan elapsed, bool hasStarted, string? stack = null, string? note = null)
        : base(Describe(workItemName, limit, elapsed, hasStarted, stack, note))
    {
        WorkItemName = workItemName;
        Limit = limit;
        Elapsed = elapsed;
        HasStarted = hasStarted;
        WorkerStack = stack;
    }

    /// <summary>The name of the work item.</summary>
    public string WorkItemName { get; }

    /// <summary>The limit that was passed.</summary>
    public TimeSpan Limit { get; }

    /// <summary>How long the work had run, or waited, when that was found.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>Whether the work had started; when not, it never runs.</summary>
    public bool HasStarted { get; }

    /// <summary>
    /// The managed stack at which the work was stuck, newest call first, as in <see cref="Exception.StackTrace"/>. Taken from worker
    /// processes when the package <c>Tandem.Diagnostics</c> is referenced; otherwise <see langword="null"/>, and the message says why.
    /// </summary>
    public string? WorkerStack { get; }

    private static string Describe(string name, TimeSpan limit, TimeSpan elapsed, bool hasStarted, string? stack, string? note)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"'{name}' ");
        text.Append(hasStarted ? "was not done within " : "did not start within ");
        text.Append(CultureInfo.InvariantCulture, $"{limit.TotalSeconds:0.###} s");
        text.Append(hasStarted ? " of its start" : " of its submission, and will not run: all workers were busy with other items, or starting");
        text.Append(CultureInfo.InvariantCulture, $" ({elapsed.TotalSeconds:0.###} s had passed).");
        if (note is not null)
            text.Append(' ').Append(note);
        if (stack is not null)
            text.Append(" It was here:\n").Append(stack);
        return text.ToString();
    }
}
