namespace Tandem.Hosting.Child;

/// <summary>A logging scope: its text, and its key-value pairs if it has any.</summary>
internal sealed record LogScope(string Text, KeyValuePair<string, object?>[] State);
