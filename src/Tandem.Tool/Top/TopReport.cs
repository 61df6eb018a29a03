namespace Tandem.Tool.Top;

/// <summary>The state of all pools of the machine at one moment, as <c>--json</c> prints it.</summary>
internal sealed record TopReport(DateTimeOffset Time, IReadOnlyList<ProgramReport> Programs, IReadOnlyList<string> Notes);
