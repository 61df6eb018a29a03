namespace Tandem.Serve.Worker;

/// <summary>A thread that runs code of requests.</summary>
/// <param name="thread">The thread.</param>
/// <param name="id">The system's number of it.</param>
internal sealed class RequestThread(Thread thread, int id)
{
    /// <summary>Whose code it runs now; null for none. Written by the thread itself.</summary>
    internal object? Request;

    /// <summary>Since when, in milliseconds of the system's clock.</summary>
    internal long Since;

    internal Thread Thread { get; } = thread;

    internal int Id { get; } = id;
}
