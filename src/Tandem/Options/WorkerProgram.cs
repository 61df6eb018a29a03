namespace Tandem;

/// <summary>
/// The program that the worker processes of a pool run, if it is not this program as it was started. The kinds derive from
/// <c>LaunchableProgram</c>, in the folder Launch.
/// </summary>
internal abstract class WorkerProgram
{
    /// <summary>
    /// Whether the program may contain another version of this library. Then nothing of a call is sent to it except its token.
    /// </summary>
    internal abstract bool IsForeign { get; }
}
