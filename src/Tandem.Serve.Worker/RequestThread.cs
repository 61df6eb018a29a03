namespace Tandem.Serve.Worker;

/// <summary>A thread that runs code of requests.</summary>
/// <param name="thread">The thread.</param>
/// <param name="id">The system's id of the thread.</param>
internal sealed class RequestThread(Thread thread, int id)
{
    /// <summary>The key of the request whose code it currently runs; null for none. Written by the thread itself.</summary>
    internal object? Request;

    /// <summary>Since when it does so, in milliseconds of the monotonic clock.</summary>
    internal long Since;

    internal Thread Thread { get; } = thread;

    internal int Id { get; } = id;
}
