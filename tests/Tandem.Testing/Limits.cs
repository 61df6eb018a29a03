namespace Tandem.Testing;

/// <summary>
/// How long things may take before a test gives up on them. No test passes or fails by how fast it is: these are for what hangs, so they are long
/// enough for a machine on which many processes wait for each processor.
/// </summary>
public static class Limits
{
    /// <summary>For <see cref="FactAttribute.Timeout"/>, in milliseconds.</summary>
    public const int Test = 180_000;

    /// <summary>How long a condition may take to become true.</summary>
    public static readonly TimeSpan Condition = TimeSpan.FromSeconds(120);
}
