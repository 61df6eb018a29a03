using System.IO.Pipelines;

namespace Tandem.Serve.Worker;

/// <summary>
/// The transport pipe of a connection, for a lingering close: while the worker waits for the other side to close, completing the pipe does
/// nothing.
/// </summary>
internal sealed class LingeringPipe : IDuplexPipe
{
    private readonly IDuplexPipe _inner;

    internal LingeringPipe(IDuplexPipe inner, TrackedConnection connection)
    {
        _inner = inner;
        Input = new Reader(inner.Input, connection);
        Output = new Writer(inner.Output, connection);
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>Reads until the other side has closed, within a time limit. What it still sends is ignored, which it knows.</summary>
    internal async Task WaitForOtherAsync(TimeSpan limit)
    {
        using var end = new CancellationTokenSource(limit);
        try
        {
            ReadResult result;
            do
            {
                result = await _inner.Input.ReadAsync(end.Token).ConfigureAwait(false);
                _inner.Input.AdvanceTo(result.Buffer.End);
            }
            while (!result.IsCompleted);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The other side does not close in time, or closed with a reset.
        }
    }

    /// <summary>Whether unread data is in the pipe. Called when nothing else reads.</summary>
    internal bool HasUnread()
    {
        try
        {
            if (!_inner.Input.TryRead(out ReadResult result))
                return false;

            _inner.Input.AdvanceTo(result.Buffer.Start);
            return !result.Buffer.IsEmpty;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return false; // the other side closed with a reset
        }
    }

    private sealed class Reader(PipeReader inner, TrackedConnection connection) : PipeReader
    {
        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null)
        {
            if (!connection.IsHeld)
                inner.Complete(exception);
        }

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            inner.ReadAsync(cancellationToken);

        public override bool TryRead(out ReadResult result) => inner.TryRead(out result);
    }

    private sealed class Writer(PipeWriter inner, TrackedConnection connection) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null)
        {
            if (!connection.IsHeld)
                inner.Complete(exception);
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            inner.FlushAsync(cancellationToken);

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
            inner.WriteAsync(source, cancellationToken);
    }
}
