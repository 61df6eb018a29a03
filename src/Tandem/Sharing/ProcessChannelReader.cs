using System.Threading.Channels;
using Tandem.Serialization;

namespace Tandem.Sharing;

/// <summary>The reader of a channel between processes.</summary>
[Shape(typeof(ChannelReaderShape<>), TakesArguments = true)]
internal sealed class ProcessChannelReader<T>(ProcessChannel<T> channel) : ChannelReader<T>
{
    private readonly Lock _lock = new(); // guards _completion
    private Task? _completion; // created when first needed

    internal ProcessChannel<T> Channel => channel;

    public override bool CanCount => true;

    public override bool CanPeek => true;

    public override int Count => channel.Ring.Count;

    public override Task Completion
    {
        get
        {
            lock (_lock)
                return _completion ??= CompleteAsync();
        }
    }

    public override bool TryRead(out T item) => channel.TryRead(out item);

    public override bool TryPeek(out T item) => channel.TryPeek(out item);

    public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<bool>(cancellationToken);

        return channel.Readers.Spin() && channel.Ring.HasElement ? new ValueTask<bool>(true) : WaitAsync(cancellationToken);
    }

    public override ValueTask<T> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<T>(cancellationToken);

        return channel.TryRead(out T item) || (channel.Readers.Spin() && channel.TryRead(out item))
            ? new ValueTask<T>(item) : ReadSlowlyAsync(cancellationToken);
    }

    private async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (channel.Ring.HasElement)
                return true;

            if (channel.Ring.IsDrained)
                return channel.Error() is { } error ? throw error : false;

            await channel.Readers.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<T> ReadSlowlyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (channel.TryRead(out T item))
                return item;

            if (channel.Ring.IsDrained)
                throw new ChannelClosedException(channel.Error());

            await channel.Readers.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CompleteAsync()
    {
        while (!channel.Ring.IsDrained)
            await channel.Ends.WaitAsync(CancellationToken.None).ConfigureAwait(false);

        if (channel.Error() is { } error)
            throw error;
    }
}
