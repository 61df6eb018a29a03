namespace Tandem.Tool.Top;

/// <summary>The parsed command line of <c>tandem top</c>.</summary>
internal sealed record TopSettings
{
    internal int? ProcessId { get; init; }

    internal bool Once { get; init; }

    internal bool Json { get; init; }

    internal string? Picture { get; init; }

    internal string Filter { get; init; } = "";

    internal string Sort { get; init; } = "id";

    internal TimeSpan Interval { get; init; }
}
