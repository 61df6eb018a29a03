namespace Tandem.Tool.Compare;

/// <summary>What the exit code of <c>tandem compare</c> says.</summary>
internal static class CompareExitCode
{
    internal const int Success = 0;
    internal const int WorkFailed = 1;
    internal const int BadUsage = 2;
    internal const int Cancelled = 130;
}
