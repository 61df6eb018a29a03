using Tandem.Serialization;

namespace Tandem.Sharing;

/// <summary>Serializes a shared object as a reference from which another process can open it.</summary>
internal sealed class SharedShape<TObject>() : Shape(typeof(TObject), ShapeTraits.None)
    where TObject : class, ISharedObject<TObject>
{
    internal override void Write(PayloadWriter writer, object value)
    {
        ICallLinks links = writer.Links ?? throw new WorkSerializationException(Refusals.ForNoCall(TypeChecks.WithArticle(WireType)));
        SharedSegment segment = Segment((TObject)value);
        links.Hold(segment, value);
        SegmentReference reference = segment.Reference();
        writer.Write(reference.Id);
        writer.Write(reference.ProcessId);
        writer.Write(reference.Descriptor);
        writer.Write(reference.Length);
        writer.Write(reference.IsReadOnly);
    }

    internal override object? Read(PayloadReader reader)
    {
        ICallLinks links = reader.Links ?? throw new PayloadCorruptException("a shared object outside of a call");
        var reference = new SegmentReference(
            reader.Read<Guid>(), reader.ReadInt32(), reader.ReadInt32(), reader.Read<long>(), reader.Read<byte>() != 0);
        TObject opened = SharedObjects.Open<TObject>(in reference, links.TakesCustody);
        links.Received(opened.Segment!);
        return opened;
    }

    private SharedSegment Segment(TObject value)
    {
        try
        {
            return value.Segment ?? throw new WorkSerializationException(
                $"{TypeChecks.WithArticle(WireType)} that was created for threads cannot leave this process; "
                + "create it with Isolation.Process");
        }
        catch (ObjectDisposedException e)
        {
            throw new WorkSerializationException($"the {TypeChecks.Display(WireType)} has been disposed", null, e);
        }
    }
}
