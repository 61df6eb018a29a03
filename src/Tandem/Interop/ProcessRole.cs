namespace Tandem.Interop;

/// <summary>What this process is for.</summary>
internal static class ProcessRole
{
    /// <summary>Whether this process is a worker that has reached its own loop.</summary>
    internal static bool IsWorker { get; set; }
}
