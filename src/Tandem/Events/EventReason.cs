namespace Tandem.Events;

/// <summary>Why workers are replaced and ended, as it stands in metrics: few fixed words, so that series stay few.</summary>
internal static class EventReason
{
    internal const string None = "";

    // Recycled.
    internal const string Items = "items";
    internal const string Age = "age";
    internal const string Memory = "memory";
    internal const string Idle = "idle";

    // Killed; also for memory.
    internal const string Timeout = "timeout";
    internal const string Cancelled = "cancelled";
    internal const string Requested = "requested";
    internal const string Disposed = "disposed";
    internal const string Silent = "silent";

    // Crashed: a signal, by its name, or one of these.
    internal const string Exit = "exit";
    internal const string Unknown = "unknown";
}
