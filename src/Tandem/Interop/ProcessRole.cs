namespace Tandem.Interop;

/// <summary>The role of this process.</summary>
internal static class ProcessRole
{
    /// <summary>Whether this process is a worker whose loop has started.</summary>
    internal static bool IsWorker { get; set; }
}
