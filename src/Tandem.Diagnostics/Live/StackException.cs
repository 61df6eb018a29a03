namespace Tandem.Diagnostics;

/// <summary>An error that says why stacks cannot be read, and what to do.</summary>
internal sealed class StackException(string message, Exception? cause = null) : Exception(message, cause);
