namespace Tandem.Launch;

/// <summary>Another program with this version of the library.</summary>
/// <param name="plan">How to start it.</param>
internal sealed class OtherProgram(LaunchPlan plan) : WorkProgram
{
    internal override LaunchPlan CreatePlan() => plan;
}
