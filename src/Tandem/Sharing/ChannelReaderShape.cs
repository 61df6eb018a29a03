using Tandem.Serialization;

namespace Tandem.Sharing;

/// <summary>Serializes one end of a channel as the channel itself.</summary>
internal sealed class ChannelReaderShape<T>() : Shape(typeof(ProcessChannelReader<T>), ShapeTraits.None)
{
    private readonly SharedShape<ProcessChannel<T>> _channel = new();

    internal override void Write(PayloadWriter writer, object value) => _channel.Write(writer, ((ProcessChannelReader<T>)value).Channel);

    internal override object? Read(PayloadReader reader) => ((ProcessChannel<T>)_channel.Read(reader)!).Reader;
}
