namespace Tandem.Smoke;

/// <summary>A scenario cannot be judged here.</summary>
internal sealed class SkipException(string reason) : Exception(reason);
