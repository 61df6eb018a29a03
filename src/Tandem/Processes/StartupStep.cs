using Tandem.Invocation;
using Tandem.Serialization;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>A delegate that each worker process runs before it is ready.</summary>
internal sealed unsafe class StartupStep
{
    private readonly SentLinks _links = new();

    private StartupStep(StartupPart part, Delegate work, DelegateAdapter adapter)
    {
        Part = part;
        RemoteMethod = RemoteMethod.Of(work, adapter);
        using var writer = new PayloadWriter();
        writer.Begin(HeapMemory.Instance, _links);
        try
        {
            RemoteMethod.Method.WriteValues(writer, work);
        }
        catch
        {
            _links.Release();
            throw;
        }

        Payload = new ReadOnlySpan<byte>(writer.Start, checked((int)writer.Length)).ToArray();
    }

    internal RemoteMethod RemoteMethod { get; }

    internal byte[] Payload { get; }

    internal StartupPart Part { get; }

    /// <summary>What <see cref="WorkerPoolOptions.InitializeWorker"/> does.</summary>
    /// <exception cref="WorkSerializationException">It captures a value that cannot travel.</exception>
    internal static StartupStep Initializer(Action initialize) =>
        new(StartupPart.Initializer, initialize, PlainAdapter<VoidResult>.Instance);

    /// <summary>What builds the state of a worker.</summary>
    /// <exception cref="WorkSerializationException">It captures a value that cannot travel.</exception>
    internal static StartupStep StateFactory(Delegate create, DelegateAdapter adapter) => new(StartupPart.State, create, adapter);

    /// <summary>No worker will start any more: what the delegate captured need not be kept for them.</summary>
    internal void Release() => _links.Release();
}
