using System.Buffers;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>Copies data as soon as it arrives, without buffering, which events and messages need.</summary>
internal static class StreamCopy
{
    private const int BufferSize = 16 * 1024;

    internal static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            ValueTask<int> next = from.ReadAsync(buffer, cancellationToken);
            if (!next.IsCompleted)
                await to.FlushAsync(cancellationToken).ConfigureAwait(false); // a response's head may be all that arrives for a while

            while (true)
            {
                int read = await next.ConfigureAwait(false);
                if (read == 0)
                    return;

                await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                await to.FlushAsync(cancellationToken).ConfigureAwait(false);
                next = from.ReadAsync(buffer, cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
