namespace Tandem.Tool.Lab;

/// <summary>The parsed command line of <c>tandem lab</c>.</summary>
internal sealed record LabRequest(string[] Names, bool IsQuick, bool AsJson, string? Report);
