using System.Diagnostics.CodeAnalysis;

namespace Tandem.Serve.Protocol;

/// <summary>The times on the board.</summary>
internal static class MonotonicTime
{
    /// <summary>
    /// The time, in milliseconds. With the system's clock, these are milliseconds of the machine's monotonic clock, which all processes
    /// read alike. It is read for each request, so in the cheapest way.
    /// </summary>
    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "A coarse and cheap reading of the clock that the system's TimeProvider reads.")]
    internal static long GetMilliseconds(this TimeProvider time) =>
        ReferenceEquals(time, TimeProvider.System) ? Environment.TickCount64 : time.GetTimestamp() / (time.TimestampFrequency / 1000);
}
