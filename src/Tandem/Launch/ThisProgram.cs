namespace Tandem.Launch;

/// <summary>This program, started again as it was started.</summary>
internal sealed class ThisProgram : WorkProgram
{
    internal static readonly ThisProgram Instance = new();

    private ThisProgram()
    {
    }

    internal override void Check() => _ = LaunchPlan.Current;

    internal override LaunchPlan CreatePlan() => LaunchPlan.Current;
}
