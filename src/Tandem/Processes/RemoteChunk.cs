using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>A chunk for worker processes: the captured values, then its items as they come, straight into memory that workers see.</summary>
internal sealed class RemoteChunk<TItem, TResult> : Chunk<TItem, TResult>
{
    private readonly ProcessEngine _engine;
    private readonly SentLinks _links = new();
    private readonly PayloadWriter _writer;
    private Journey _journey;

    internal RemoteChunk(MapCall<TItem, TResult> call, ProcessEngine engine)
        : base(call)
    {
        _engine = engine;
        _journey.Shipment = new Shipment(Callable.Of(call.Work, call.Form));
        _writer = engine.RentWriter();
        try
        {
            _writer.Begin(engine.Memory, _links);
            Shipment.Callable.Method.WriteValues(_writer, call.Work);
        }
        catch
        {
            engine.ReturnWriter(_writer);
            _links.Release();
            throw;
        }
    }

    protected override ref Journey Journey => ref _journey;

    internal override nint Size => _writer.Length;

    internal override void Seal()
    {
        base.Seal();
        Shipment.Take(_writer);
        _engine.ReturnWriter(_writer);
        if (!_links.IsEmpty)
            Details.Take(_links);
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
