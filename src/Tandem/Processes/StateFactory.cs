using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>What builds the state of each worker.</summary>
internal sealed unsafe class StateFactory
{
    internal StateFactory(Delegate create, Form form)
    {
        Callable = Callable.Of(create, form);
        using var writer = new PayloadWriter();
        writer.Begin(HeapMemory.Instance, new SentLinks());
        Callable.Method.WriteValues(writer, create);
        Payload = new ReadOnlySpan<byte>(writer.Start, checked((int)writer.Length)).ToArray();
    }

    internal Callable Callable { get; }

    internal byte[] Payload { get; }
}
