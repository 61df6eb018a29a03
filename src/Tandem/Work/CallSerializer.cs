using Tandem.Invocation;
using Tandem.Serialization;

namespace Tandem.Work;

/// <summary>Serializes calls: the captured values and the argument.</summary>
internal static class CallSerializer
{
    [ThreadStatic]
    private static PayloadWriter? t_writer;

    /// <summary>Serializes the values of a call on the caller's thread, unless they are serialized already.</summary>
    /// <param name="item">The item of the call. It keeps the tokens and progress receivers that were captured.</param>
    /// <param name="callPayload">The payload of the item. It keeps the bytes.</param>
    /// <param name="memory">The memory for payloads of many bytes.</param>
    /// <exception cref="WorkSerializationException">A value cannot be serialized.</exception>
    internal static void Serialize(WorkItem item, CallPayload callPayload, IPayloadMemory memory)
    {
        if (callPayload.IsSerialized)
            return;

        PayloadWriter writer = t_writer ??= new PayloadWriter();
        var links = new SentLinks();
        writer.Begin(memory, links);
        try
        {
            callPayload.Serialize(writer);
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
