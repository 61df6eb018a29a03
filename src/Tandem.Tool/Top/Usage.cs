using System.Text.Json.Serialization;

namespace Tandem.Tool.Top;

/// <summary>The resource usage of a process or a thread; null for values that are unknown, or not its own.</summary>
internal sealed record Usage(
    double? CpuPercent, long? PrivateMemory, double? VoluntarySwitchesPerSecond, double? InvoluntarySwitchesPerSecond)
{
    internal static Usage Unknown { get; } = new(null, null, null, null);

    [JsonIgnore]
    internal double? SwitchesPerSecond => VoluntarySwitchesPerSecond + InvoluntarySwitchesPerSecond;
}
