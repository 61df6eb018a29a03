using System.Globalization;
using System.Text;

namespace Tandem;

/// <summary>
/// Thrown for a work item that ran longer than its <see cref="WorkLimits.Timeout"/>, or waited longer than its
/// <see cref="WorkLimits.QueueTimeout"/>. If possible, it contains the stack of the work.
/// </summary>
public sealed class WorkTimeoutException : WorkException
{
    /// <summary>Creates an exception with a message and a cause.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause; <see langword="null"/> for none.</param>
    public WorkTimeoutException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    internal WorkTimeoutException(
        string workItemName, TimeSpan limit, TimeSpan elapsed, bool hasStarted, string? stack = null, string? note = null)
        : base(Describe(workItemName, limit, elapsed, hasStarted, stack, note))
    {
        WorkItemName = workItemName;
        Limit = limit;
        Elapsed = elapsed;
        HasStarted = hasStarted;
        WorkerStack = stack;
    }

    /// <summary>The limit that was exceeded.</summary>
    public TimeSpan Limit { get; init; }

    /// <summary>How long the work had run, or had waited, when the pool detected this.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Whether the work had started. If not, it never runs.</summary>
    public bool HasStarted { get; init; }

    /// <summary>
    /// The managed stack of the work at that time, newest call first, in the format of <see cref="Exception.StackTrace"/>. It is captured
    /// from worker processes if the program references the package <c>Tandem.Diagnostics</c>. Otherwise it is <see langword="null"/>, and
    /// the message contains the reason.
    /// </summary>
    public string? WorkerStack { get; init; }

    private static string Describe(string name, TimeSpan limit, TimeSpan elapsed, bool hasStarted, string? stack, string? note)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"'{name}' ");
        text.Append(hasStarted ? "was not done within " : "did not start within ");
        text.Append(CultureInfo.InvariantCulture, $"{limit.TotalSeconds:0.###} s");
        text.Append(hasStarted
            ? " of its start"
            : " of its submission, and will not run: all workers were busy with other items, or starting");
        text.Append(CultureInfo.InvariantCulture, $" ({elapsed.TotalSeconds:0.###} s had passed).");
        if (note is not null)
            text.Append(' ').Append(note);
        if (stack is not null)
            text.Append(" It was here:\n").Append(stack);
        return text.ToString();
    }
}
