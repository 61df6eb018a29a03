using Tandem.Serialization;
using Tandem.Shipping;

namespace Tandem.Work;

/// <summary>Serializes calls: the captured values and the argument.</summary>
internal static class SerializedCall
{
    [ThreadStatic]
    private static PayloadWriter? t_writer;

    /// <summary>Serializes the values of a call on the caller's thread, unless they are serialized already.</summary>
    /// <param name="item">The item of the call. It keeps the tokens and progress receivers that were captured.</param>
    /// <param name="shipment">The payload of the item. It keeps the bytes.</param>
    /// <param name="memory">The memory for payloads of many bytes.</param>
    /// <exception cref="WorkSerializationException">A value cannot be serialized.</exception>
    internal static void Pack(WorkItem item, Shipment shipment, IPayloadMemory memory)
    {
        if (shipment.IsPacked)
            return;

        PayloadWriter writer = t_writer ??= new PayloadWriter();
        var links = new SentLinks();
        writer.Begin(memory, links);
        try
        {
            shipment.Pack(writer);
        }
        catch
        {
            links.Release();
            throw;
        }
        finally
        {
            writer.Abandon();
        }

        if (!links.IsEmpty)
            item.Details.Take(links);
    }
}
