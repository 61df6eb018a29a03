namespace Tandem;

/// <summary>What the worker processes of a pool run, where it is not this program as it was started. The folder Launch has the kinds.</summary>
internal abstract class WorkerProgram
{
    /// <summary>Whether it may have another version of this library: nothing of a call may travel there but its token.</summary>
    internal abstract bool IsForeign { get; }
}
