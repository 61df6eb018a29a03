namespace Tandem.Testing;

/// <summary>How long things may take before a test gives up on them. No test passes or fails by how fast it is.</summary>
public static class Limits
{
    /// <summary>For <see cref="FactAttribute.Timeout"/>, in milliseconds.</summary>
    public const int Test = 60_000;

    /// <summary>How long a condition may take to become true.</summary>
    public static readonly TimeSpan Condition = TimeSpan.FromSeconds(30);
}
