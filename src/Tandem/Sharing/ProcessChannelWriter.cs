using System.Threading.Channels;
using Tandem.Serialization;

namespace Tandem.Sharing;

/// <summary>The writer of a channel between processes.</summary>
[Shape(typeof(ChannelWriterShape<>), TakesArguments = true)]
internal sealed class ProcessChannelWriter<T>(ProcessChannel<T> channel) : ChannelWriter<T>
{
    internal ProcessChannel<T> Channel => channel;

    public override bool TryWrite(T item) => channel.TryWrite(item);

    public override bool TryComplete(Exception? error = null) => channel.TryComplete(error);

    public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<bool>(cancellationToken);

        return channel.Ring.Completed == 0
            && (channel.FullMode != BoundedChannelFullMode.Wait || (channel.Writers.Spin() && channel.Ring.Completed == 0))
            ? new ValueTask<bool>(true) : WaitAsync(cancellationToken);
    }

    public override ValueTask WriteAsync(T item, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);

        return channel.TryWrite(item) || (channel.Writers.Spin() && channel.TryWrite(item))
            ? default : WriteSlowlyAsync(item, cancellationToken);
    }

    private async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (channel.Ring.Completed != 0)
                return channel.Error() is { } error ? throw error : false;

            if (channel.Ring.HasRoom)
                return true;

            await channel.Writers.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask WriteSlowlyAsync(T item, CancellationToken cancellationToken)
    {
        while (!channel.TryWrite(item))
        {
            if (channel.Ring.Completed != 0)
                throw new ChannelClosedException(channel.Error());

            await channel.Writers.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
