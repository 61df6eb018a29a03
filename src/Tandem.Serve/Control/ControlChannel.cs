using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Tandem.Serve.Control;

/// <summary>Reads and writes JSON texts on a stream. Each text follows its length, a 32-bit little-endian number.</summary>
internal static class ControlChannel
{
    private const int MaximumLength = 4 << 20;

    internal static async Task WriteAsync<T>(Stream stream, T value, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        byte[] text = JsonSerializer.SerializeToUtf8Bytes(value, type);
        var frame = new byte[sizeof(int) + text.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, text.Length);
        text.CopyTo(frame, sizeof(int));
        await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="IOException">The other side is gone, or sent something else.</exception>
    internal static async Task<T> ReadAsync<T>(Stream stream, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var header = new byte[sizeof(int)];
        await stream.ReadExactlyAsync(header, cancellationToken).ConfigureAwait(false);
        int length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length is < 2 or > MaximumLength)
            throw new IOException($"The control socket received a message of {length} bytes, which is not allowed.");

        var text = new byte[length];
        await stream.ReadExactlyAsync(text, cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(text, type) ?? throw new IOException("The control socket received an empty message.");
        }
        catch (JsonException e)
        {
            throw new IOException($"The control socket received a message that is not valid JSON of the expected form: {e.Message}", e);
        }
    }
}
