namespace Tandem.Hosting;

/// <summary>What can happen to an isolated service.</summary>
public enum ServiceEventKind
{
    /// <summary>It is being started.</summary>
    Starting,

    /// <summary>It is ready.</summary>
    Ready,

    /// <summary>It has ended by itself, without an error.</summary>
    Completed,

    /// <summary>It has ended with an error, or did not become ready in time.</summary>
    Failed,

    /// <summary>Its process has died.</summary>
    Crashed,

    /// <summary>It was stopped.</summary>
    Stopped,

    /// <summary>Its supervisor has made as many restarts as it may: its services stop, and so does the host.</summary>
    RestartLimitReached,
}
