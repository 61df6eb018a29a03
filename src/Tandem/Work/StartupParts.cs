namespace Tandem.Work;

/// <summary>Names of <see cref="StartupPart"/> in messages, for threads and processes.</summary>
internal static class StartupParts
{
    internal static string Name(this StartupPart part) =>
        part == StartupPart.Initializer ? "WorkerPoolOptions.InitializeWorker" : "the pool's state factory";

    /// <summary>Describes the failure of the part.</summary>
    internal static string Failure(this StartupPart part) =>
        part == StartupPart.Initializer ? "it could not be initialized" : "its state could not be built";

    internal static WorkerStartException ErrorFor(this StartupPart part, Exception cause) => new(
        part == StartupPart.Initializer
            ? $"A worker could not be initialized: {part.Name()} threw {cause.GetType().Name}: {cause.Message}"
            : $"The state of a worker could not be built: {cause.Message}",
        cause);
}
