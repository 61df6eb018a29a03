namespace Tandem;

/// <summary>Who ended a worker process.</summary>
internal enum EndedBy
{
    /// <summary>The process itself: an exit, an unhandled exception, a fault.</summary>
    Itself,

    /// <summary>The pool. It reports the reason.</summary>
    Pool,

    /// <summary>The kernel, because memory ran out.</summary>
    OutOfMemory,

    /// <summary>Another program, by a signal. This says nothing about the next process.</summary>
    Outside,
}
