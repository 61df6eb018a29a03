namespace Tandem;

/// <summary>What a worker is.</summary>
public enum Isolation
{
    /// <summary>
    /// A thread of this process: shares the heap, costs little, starts in microseconds. A crash takes the whole process along, and
    /// work that does not return cannot be stopped.
    /// </summary>
    Thread,

    /// <summary>
    /// A process of its own: a crash stays where it happened and a hanging worker can be killed. Arguments and results are copied,
    /// and each worker has a runtime and a heap of its own.
    /// </summary>
    Process,
}
