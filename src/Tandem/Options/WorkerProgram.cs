namespace Tandem;

/// <summary>
/// What the worker processes of a pool are, if they are not this program as it was started. The kinds derive from
/// <c>LaunchableProgram</c>, in the folder Launch.
/// </summary>
internal abstract class WorkerProgram
{
    /// <summary>Whether it may have another version of this library: nothing of a call may travel there but its token.</summary>
    internal abstract bool IsForeign { get; }
}
