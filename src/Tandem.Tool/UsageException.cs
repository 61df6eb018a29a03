namespace Tandem.Tool;

/// <summary>What was asked for cannot be; the message says what can.</summary>
internal sealed class UsageException(string message) : Exception(message);
