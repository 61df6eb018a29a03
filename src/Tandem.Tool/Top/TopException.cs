namespace Tandem.Tool.Top;

/// <summary>An error for the user. The message says what to do.</summary>
internal sealed class TopException(string message) : Exception(message);
