namespace Tandem;

/// <summary>
/// Thrown when a value cannot travel between processes: a stream, a handle, a task, a pointer, or any other value that means
/// nothing outside the process that made it. No worker is touched by it.
/// </summary>
/// <remarks>
/// For arguments it is thrown on the caller's thread, before the work is queued. For a result, it fails that work item only.
/// </remarks>
public sealed class WorkSerializationException : WorkException
{
    /// <summary>Creates an exception with a message, and the path of the value that cannot travel.</summary>
    /// <param name="message">What cannot travel, why, and what to do instead; without the path.</param>
    /// <param name="path">The path from the captured variable to the value, such as <c>order.Lines[3].Source</c>.</param>
    /// <param name="innerException">The cause, if an exception led here.</param>
    public WorkSerializationException(string message, string? path = null, Exception? innerException = null)
        : base(message, innerException) => Path = path ?? "";

    /// <summary>
    /// The path of the value that cannot travel, such as <c>order.Lines[3].Source</c>: the captured variable's name first, or
    /// <c>argument</c>, <c>item[3]</c> or <c>result</c>, then members, indexes and keys. Empty when the work as a whole is meant.
    /// </summary>
    public string Path { get; private set; }

    /// <inheritdoc/>
    public override string Message => Path.Length == 0 ? base.Message : $"'{Path}' cannot travel: {base.Message}";

    /// <summary>Adds the outer part of the path while the exception leaves the graph; the inner part starts with '.' or '['.</summary>
    internal void Prepend(string segment)
    {
        // A chain too deep for the stack would give a path of thousands of segments, copied for each of them: keep both ends.
        const int Longest = 400;
        const int Outer = 200;
        const int Inner = 100;
        Path = Path.Length <= Longest ? segment + Path : string.Concat(segment, Path.AsSpan(0, Outer), "…", Path.AsSpan(Path.Length - Inner));
    }
}
