namespace Tandem.Work;

/// <summary>What users may have a worker do before its first item, in this order.</summary>
internal enum StartupPart
{
    /// <summary><see cref="WorkerPoolOptions.InitializeWorker"/>.</summary>
    Initializer,

    /// <summary>The pool's state factory.</summary>
    State,
}
