using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>A delegate that each worker process runs before it is ready.</summary>
internal sealed unsafe class StartupStep
{
    private readonly SentLinks _links = new();

    private StartupStep(StartupPart part, Delegate work, Form form)
    {
        Part = part;
        Callable = Callable.Of(work, form);
        using var writer = new PayloadWriter();
        writer.Begin(HeapMemory.Instance, _links);
        try
        {
            Callable.Method.WriteValues(writer, work);
        }
        catch
        {
            _links.Release();
            throw;
        }

        Payload = new ReadOnlySpan<byte>(writer.Start, checked((int)writer.Length)).ToArray();
    }

    internal Callable Callable { get; }

    internal byte[] Payload { get; }

    internal StartupPart Part { get; }

    /// <summary>What <see cref="WorkerPoolOptions.InitializeWorker"/> does.</summary>
    /// <exception cref="WorkSerializationException">It captures a value that cannot travel.</exception>
    internal static StartupStep Initializer(Action initialize) => new(StartupPart.Initializer, initialize, PlainForm<Nothing>.Instance);

    /// <summary>What builds the state of a worker.</summary>
    /// <exception cref="WorkSerializationException">It captures a value that cannot travel.</exception>
    internal static StartupStep StateFactory(Delegate create, Form form) => new(StartupPart.State, create, form);

    /// <summary>No worker will start any more: what the delegate captured need not be kept for them.</summary>
    internal void Release() => _links.Release();
}
