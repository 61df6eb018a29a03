namespace Tandem.Serve.Workers;

/// <summary>The earliest time at which the next process may be started. Not synchronised.</summary>
internal sealed class StartDelay(TimeProvider time)
{
    private long _from; // a timestamp of the clock; 0 for any time

    /// <summary>Whether a process may be started now.</summary>
    internal bool IsOver => time.GetTimestamp() >= _from;

    /// <summary>Lets no process start for a while from now on. A delay that ends later stays.</summary>
    internal void Extend(TimeSpan delay) =>
        _from = Math.Max(_from, time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency));

    /// <summary>Lets a process start at any time.</summary>
    internal void Clear() => _from = 0;
}
