namespace Tandem.Tool.Compare;

/// <summary>The parsed command line of <c>tandem compare</c>.</summary>
internal sealed record CompareRequest(
    string Workload,
    string? Method,
    string[] Items,
    string? ItemsFrom,
    int? Count,
    int[]? Workers,
    int Repeats,
    double Seconds,
    bool Kill,
    bool Json,
    string? Report);
