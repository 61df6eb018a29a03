namespace Tandem.Hosting;

/// <summary>Where an isolated service is.</summary>
public enum ServiceState
{
    /// <summary>Not started yet, or stopped.</summary>
    Stopped,

    /// <summary>On its way: its process starts, or it has not said that it is ready.</summary>
    Starting,

    /// <summary>Ready.</summary>
    Running,

    /// <summary>Told to stop.</summary>
    Stopping,

    /// <summary>Has ended by itself, and is not started again.</summary>
    Completed,

    /// <summary>Has failed or crashed, and is not started again.</summary>
    Failed,
}
