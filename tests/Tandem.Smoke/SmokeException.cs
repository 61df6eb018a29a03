namespace Tandem.Smoke;

/// <summary>A promise was broken.</summary>
internal sealed class SmokeException(string message) : Exception(message);
