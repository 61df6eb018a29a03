namespace Tandem;

/// <summary>Whether workers are threads or processes.</summary>
public enum Isolation
{
    /// <summary>
    /// A thread of this process. It shares the heap, costs little and starts in microseconds. A crash ends the whole process, and work that
    /// does not return cannot be stopped.
    /// </summary>
    Thread,

    /// <summary>
    /// A separate process. A crash does not affect other workers or this process, and a worker that hangs can be killed. Arguments and
    /// results are copied, and each worker has its own runtime and heap.
    /// </summary>
    Process,
}
