namespace Tandem.Tool.Top;

/// <summary>An event of a worker.</summary>
internal sealed record Change(string Kind, int Worker, DateTimeOffset Time, string Detail);
