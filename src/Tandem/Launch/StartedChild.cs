namespace Tandem.Launch;

/// <summary>
/// A child of this process that <see cref="System.Diagnostics.Process"/> has started, together with the processes that it starts. No
/// method throws, and none waits or looks through the processes of the machine: they are called by timers and under the pool's lock.
/// </summary>
internal abstract class StartedChild
{
    /// <summary>Asks the process, and those that it has started, to exit; never a later process with the same id.</summary>
    internal abstract void Terminate();

    /// <summary>Kills the process and those that it has started; never a later process with the same id.</summary>
    internal abstract void Kill();

    /// <summary>Called once the process has exited: kills what it has started and left running. Nothing is signalled afterwards.</summary>
    internal abstract void EndGroup();
}
