namespace Tandem.Serve.Protocol;

/// <summary>The times on the board.</summary>
internal static class MonotonicTime
{
    /// <summary>
    /// The time, in milliseconds. With the system's clock, these are milliseconds of the machine's monotonic clock, which all processes
    /// read alike (<c>Environment.TickCount64</c> is a coarser reading of the same clock).
    /// </summary>
    internal static long GetMilliseconds(this TimeProvider time) => time.GetTimestamp() / (time.TimestampFrequency / 1000);
}
