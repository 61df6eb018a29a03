using Tandem.Serialization;

namespace Tandem.Sharing;

/// <inheritdoc cref="ChannelReaderShape{T}"/>
internal sealed class ChannelWriterShape<T>() : Shape(typeof(ProcessChannelWriter<T>), ShapeTraits.None)
{
    private readonly SharedShape<ProcessChannel<T>> _channel = new();

    internal override void Write(PayloadWriter writer, object value) => _channel.Write(writer, ((ProcessChannelWriter<T>)value).Channel);

    internal override object? Read(PayloadReader reader) => ((ProcessChannel<T>)_channel.Read(reader)!).Writer;
}
