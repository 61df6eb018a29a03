namespace Tandem.Serialization;

/// <summary>Structs with references, by their fields.</summary>
internal sealed class StructCodec<T> : Codec<T>
{
    private readonly SerializationCallbacks? _callbacks;
    private readonly FieldPlan _plan;

    internal StructCodec()
    {
        _callbacks = SerializationCallbacks.Find(typeof(T));
        _plan = new FieldPlan(typeof(T), null, _callbacks);
    }

    // One byte if nothing is written, so that a false count of such structs cannot cause a large allocation.
    internal override int MinimumSize => Math.Max(1, _plan.MinimumSize);

    internal override void Write(PayloadWriter writer, T value)
    {
        if (_plan.Count == 0)
            writer.Write((byte)0);
        else
            WriteFields(writer, value!);
    }

    internal override T Read(PayloadReader reader)
    {
        object box = PlainShape.Make(typeof(T));
        _callbacks?.Deserializing(box);
        if (_plan.Count == 0)
            reader.Read<byte>();
        else
            _plan.Read(reader, box);

        // Immediately, because the value that is stored later is a copy.
        _callbacks?.Finish(box, null);
        return (T)box;
    }

    private void WriteFields(PayloadWriter writer, object box)
    {
        if (_callbacks is null)
            _plan.Write(writer, box);
        else
            _callbacks.Write(writer, box, _plan);
    }
}
