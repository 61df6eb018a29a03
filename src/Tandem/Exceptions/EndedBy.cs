namespace Tandem;

/// <summary>Who ended a worker process.</summary>
internal enum EndedBy
{
    /// <summary>The process: an exit, an unhandled exception, a fault.</summary>
    Itself,

    /// <summary>The pool, which says why.</summary>
    Pool,

    /// <summary>The kernel, because memory ran out.</summary>
    OutOfMemory,

    /// <summary>Somebody else, by a signal: this says nothing about the next process.</summary>
    Outside,
}
