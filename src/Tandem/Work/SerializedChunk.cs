using Tandem.Serialization;
using Tandem.Shipping;

namespace Tandem.Work;

/// <summary>A chunk that is serialized into the engine's memory: first the captured values, then each item when it is added.</summary>
internal sealed class SerializedChunk<TItem, TResult> : Chunk<TItem, TResult>
{
    private readonly ISerializingEngine _engine; // the engine that created the chunk
    private readonly SentLinks _links = new(); // what the work captured
    private readonly Shipment _shipment; // the payload of the chunk's item
    private readonly PayloadWriter _writer; // writes the payload; goes back to the engine when the chunk is sealed

    /// <exception cref="WorkSerializationException">The work, or a value that it captures, cannot be serialized.</exception>
    internal SerializedChunk(MapCall<TItem, TResult> call, ISerializingEngine engine)
        : base(call)
    {
        _engine = engine;
        _shipment = new Shipment(Callable.Of(call.Work, call.Form));
        Item = engine.CreateElements(this, _shipment, call.CancellationToken);
        _writer = engine.RentWriter();
        try
        {
            _writer.Begin(engine.Memory, _links);
            _shipment.Callable.Method.WriteValues(_writer, call.Work);
        }
        catch
        {
            engine.ReturnWriter(_writer);
            _links.Release();
            throw;
        }
    }

    internal override WorkItem Item { get; }

    internal override nint Size => _writer.Length;

    internal override void Seal()
    {
        base.Seal();
        _shipment.Take(_writer);
        _engine.ReturnWriter(_writer);
        if (!_links.IsEmpty)
            Item.Details.Take(_links);
    }

    protected override void Append(TItem item, int element)
    {
        nint start = _writer.Length;
        _writer.References.Clear();
        try
        {
            ChunkElement.Write(_writer, Codec<TItem>.Instance, item);
        }
        catch (Exception e)
        {
            (e as WorkSerializationException)?.Prepend($"item[{Index + element}]");
            _writer.Truncate(start);
            throw;
        }
    }
}
