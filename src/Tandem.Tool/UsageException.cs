namespace Tandem.Tool;

/// <summary>The command line asks for something that is not possible. The message says what is.</summary>
internal sealed class UsageException(string message) : Exception(message);
