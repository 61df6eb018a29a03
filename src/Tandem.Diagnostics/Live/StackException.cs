namespace Tandem.Diagnostics;

/// <summary>Why there are no stacks, in words that say what to do.</summary>
internal sealed class StackException(string message, Exception? cause = null) : Exception(message, cause);
