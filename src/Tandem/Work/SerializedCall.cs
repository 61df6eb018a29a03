using Tandem.Serialization;
using Tandem.Shipping;

namespace Tandem.Work;

/// <summary>A call whose captured values and argument are serialized.</summary>
internal static class SerializedCall
{
    [ThreadStatic]
    private static PayloadWriter? t_writer;

    /// <summary>Serializes what a call takes along, unless that is done, on the caller's thread.</summary>
    /// <param name="item">The call's item. It keeps the tokens and progress receivers that were captured.</param>
    /// <param name="shipment">The item's; it keeps the bytes.</param>
    /// <param name="memory">For many bytes.</param>
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
