using System.IO.Pipelines;

namespace Tandem.Serve.Worker;

/// <summary>
/// The body of a response as a pipe. It notifies its request when data is written, and while the application waits for the client.
/// </summary>
internal sealed class ClientWriter(LimitedRequest request, PipeWriter inner) : PipeWriter
{
    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override void Advance(int bytes) => inner.Advance(bytes);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
        request.OnMoved(isResponse: true);
        inner.Complete(exception);
    }

    public override ValueTask CompleteAsync(Exception? exception = null)
    {
        request.OnMoved(isResponse: true);
        return inner.CompleteAsync(exception);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        request.OnMoved(isResponse: true);
        return inner.GetMemory(sizeHint);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        request.OnMoved(isResponse: true);
        return inner.GetSpan(sizeHint);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        request.OnMoved(isResponse: true);
        ValueTask<FlushResult> flushed = inner.FlushAsync(cancellationToken);
        return flushed.IsCompleted ? flushed : WaitAsync(flushed);
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        request.OnMoved(isResponse: true);
        ValueTask<FlushResult> written = inner.WriteAsync(source, cancellationToken);
        return written.IsCompleted ? written : WaitAsync(written);
    }

    private async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flushed)
    {
        request.OnWaits();
        try
        {
            return await flushed.ConfigureAwait(false);
        }
        finally
        {
            request.OnWaited();
        }
    }
}
