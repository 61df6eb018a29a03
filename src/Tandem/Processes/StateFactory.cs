using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>What builds the state of each worker.</summary>
internal sealed unsafe class StateFactory
{
    private readonly SentLinks _links = new();

    internal StateFactory(Delegate create, Form form)
    {
        Callable = Callable.Of(create, form);
        using var writer = new PayloadWriter();
        writer.Begin(HeapMemory.Instance, _links);
        try
        {
            Callable.Method.WriteValues(writer, create);
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

    /// <summary>No worker will start any more: what the factory captured need not be kept for them.</summary>
    internal void Release() => _links.Release();
}
