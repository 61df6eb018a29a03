namespace Tandem;

/// <summary>
/// Thrown if a value cannot be sent to another process: a stream, a handle, a task, a pointer, or any other value that has a meaning only
/// in the process that created it. No worker is affected.
/// </summary>
/// <remarks>
/// For captured variables and arguments, it is thrown on the caller's thread, before the work is queued. For a result, only that work item
/// fails.
/// </remarks>
public sealed class WorkSerializationException : WorkException
{
    /// <summary>Creates an exception with a message, and the path of the value that cannot be serialized.</summary>
    /// <param name="message">What cannot be serialized, why, and what to do instead; without the path.</param>
    /// <param name="path">The path from the captured variable to the value, such as <c>order.Lines[3].Source</c>.</param>
    /// <param name="innerException">The exception that is the cause; <see langword="null"/> for none.</param>
    public WorkSerializationException(string message, string? path = null, Exception? innerException = null)
        : base(message, innerException) => Path = path ?? "";

    /// <summary>
    /// The path of the value that cannot be serialized, such as <c>order.Lines[3].Source</c>. It starts with the name of the captured
    /// variable, or with <c>argument</c>, <c>item[3]</c> or <c>result</c>, followed by members, indexes and keys. Empty if the work as a
    /// whole cannot be serialized.
    /// </summary>
    public string Path { get; private set; }

    /// <inheritdoc/>
    public override string Message => Path.Length == 0 ? base.Message : $"'{Path}' cannot travel: {base.Message}";

    /// <summary>Adds an outer segment to the path, while the exception propagates. The inner part starts with '.' or '['.</summary>
    internal void Prepend(string segment)
    {
        // A very deep chain would have a path of thousands of segments, which would be copied for each segment. Only both ends are kept.
        const int Longest = 400;
        const int Outer = 200;
        const int Inner = 100;
        Path = Path.Length <= Longest
            ? segment + Path
            : string.Concat(segment, Path.AsSpan(0, Outer), "…", Path.AsSpan(Path.Length - Inner));
    }
}
