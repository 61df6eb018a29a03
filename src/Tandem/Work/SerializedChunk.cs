using Tandem.Invocation;
using Tandem.Serialization;

namespace Tandem.Work;

/// <summary>A chunk that is serialized into the engine's memory: first the captured values, then each item when it is added.</summary>
internal sealed class SerializedChunk<TItem, TResult> : Chunk<TItem, TResult>
{
    private readonly ISerializingEngine _engine; // the engine that created the chunk
    private readonly SentLinks _links = new(); // what the work captured
    private readonly CallPayload _callPayload; // the payload of the chunk's item
    private readonly PayloadWriter _writer; // writes the payload; goes back to the engine when the chunk is sealed

    /// <exception cref="WorkSerializationException">The work, or a value that it captures, cannot be serialized.</exception>
    internal SerializedChunk(MapCall<TItem, TResult> call, ISerializingEngine engine)
        : base(call)
    {
        _engine = engine;
        _callPayload = new CallPayload(RemoteMethod.Of(call.Work, call.Adapter));
        Item = engine.CreateElements(this, _callPayload, call.CancellationToken);
        _writer = engine.RentWriter();
        try
        {
            _writer.Begin(engine.Memory, _links);
            _callPayload.RemoteMethod.Method.WriteValues(_writer, call.Work);
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
        _callPayload.Take(_writer);
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
