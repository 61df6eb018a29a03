namespace Tandem.Serve.Worker;

/// <summary>
/// The body of a request or a response. It notifies its request when data is read or written, and while the application waits for the
/// client.
/// </summary>
/// <param name="request">The request.</param>
/// <param name="inner">The server's stream.</param>
/// <param name="isResponse">Whether it is the response's body.</param>
internal sealed class ClientStream(LimitedRequest request, Stream inner, bool isResponse = true) : Stream
{
    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => inner.CanSeek;

    public override bool CanTimeout => inner.CanTimeout;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => inner.Position = value;
    }

    public override int ReadTimeout
    {
        get => inner.ReadTimeout;
        set => inner.ReadTimeout = value;
    }

    public override int WriteTimeout
    {
        get => inner.WriteTimeout;
        set => inner.WriteTimeout = value;
    }

    public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

    public override void SetLength(long value) => inner.SetLength(value);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        request.OnMoved(isResponse);
        request.OnWaits();
        try
        {
            return inner.Read(buffer);
        }
        finally
        {
            request.OnWaited();
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        request.OnMoved(isResponse);
        ValueTask<int> read = inner.ReadAsync(buffer, cancellationToken);
        return read.IsCompleted ? read : WaitAsync(read);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        request.OnMoved(isResponse);
        request.OnWaits();
        try
        {
            inner.Write(buffer);
        }
        finally
        {
            request.OnWaited();
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        request.OnMoved(isResponse);
        ValueTask written = inner.WriteAsync(buffer, cancellationToken);
        return written.IsCompleted ? written : new ValueTask(WaitAsync(written.AsTask()));
    }

    public override void Flush()
    {
        request.OnMoved(isResponse);
        request.OnWaits();
        try
        {
            inner.Flush();
        }
        finally
        {
            request.OnWaited();
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        request.OnMoved(isResponse);
        Task flushed = inner.FlushAsync(cancellationToken);
        return flushed.IsCompleted ? flushed : WaitAsync(flushed);
    }

    private async ValueTask<int> WaitAsync(ValueTask<int> read)
    {
        request.OnWaits();
        try
        {
            return await read.ConfigureAwait(false);
        }
        finally
        {
            request.OnWaited();
        }
    }

    private async Task WaitAsync(Task moved)
    {
        request.OnWaits();
        try
        {
            await moved.ConfigureAwait(false);
        }
        finally
        {
            request.OnWaited();
        }
    }
}
