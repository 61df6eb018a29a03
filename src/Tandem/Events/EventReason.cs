namespace Tandem.Events;

/// <summary>
/// The reasons why workers are replaced or killed, as metrics report them. The set is fixed and small, so that the number of series stays
/// small.
/// </summary>
internal static class EventReason
{
    internal const string None = "";

    // Recycled:
    internal const string Items = "items";
    internal const string Age = "age";
    internal const string Memory = "memory";
    internal const string Idle = "idle";

    // Killed; Memory is used too:
    internal const string Timeout = "timeout";
    internal const string Cancelled = "cancelled";
    internal const string Requested = "requested";
    internal const string Disposed = "disposed";
    internal const string Silent = "silent";

    // Crashed; the name of a signal, or one of these:
    internal const string Exit = "exit";
    internal const string Unknown = "unknown";
}
