namespace Tandem.Work;

/// <summary>The user code that a worker runs before its first item, in this order.</summary>
internal enum StartupPart
{
    /// <summary><see cref="WorkerPoolOptions.InitializeWorker"/>.</summary>
    Initializer,

    /// <summary>The pool's state factory.</summary>
    State,
}
