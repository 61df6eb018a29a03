namespace Tandem.Tool.Top;

/// <summary>Something that the user has to know, in words that say what to do.</summary>
internal sealed class TopException(string message) : Exception(message);
