using System.Threading.Channels;
using Tandem.Serialization;

namespace Tandem.Sharing;

/// <summary>The reading end.</summary>
[Shape(typeof(ChannelReaderShape<>), TakesArguments = true)]
internal sealed class ProcessChannelReader<T>(ProcessChannel<T> channel) : ChannelReader<T>
{
    private readonly Lock _lock = new();
    private Task? _completion;

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

        return channel.TryRead(out T item) || (channel.Readers.Spin() && channel.TryRead(out item)) ? new ValueTask<T>(item) : ReadSlowlyAsync(cancellationToken);
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

/// <summary>The writing end.</summary>
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

        return channel.Ring.Completed == 0 && (channel.FullMode != BoundedChannelFullMode.Wait || (channel.Writers.Spin() && channel.Ring.Completed == 0))
            ? new ValueTask<bool>(true) : WaitAsync(cancellationToken);
    }

    public override ValueTask WriteAsync(T item, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);

        return channel.TryWrite(item) || (channel.Writers.Spin() && channel.TryWrite(item)) ? default : WriteSlowlyAsync(item, cancellationToken);
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

/// <summary>One end of a channel travels as the channel.</summary>
internal sealed class ChannelReaderShape<T>() : Shape(typeof(ProcessChannelReader<T>), ShapeTraits.None)
{
    private readonly SharedShape<ProcessChannel<T>> _channel = new();

    internal override void Write(PayloadWriter writer, object value) => _channel.Write(writer, ((ProcessChannelReader<T>)value).Channel);

    internal override object? Read(PayloadReader reader) => ((ProcessChannel<T>)_channel.Read(reader)!).Reader;
}

/// <inheritdoc cref="ChannelReaderShape{T}"/>
internal sealed class ChannelWriterShape<T>() : Shape(typeof(ProcessChannelWriter<T>), ShapeTraits.None)
{
    private readonly SharedShape<ProcessChannel<T>> _channel = new();

    internal override void Write(PayloadWriter writer, object value) => _channel.Write(writer, ((ProcessChannelWriter<T>)value).Channel);

    internal override object? Read(PayloadReader reader) => ((ProcessChannel<T>)_channel.Read(reader)!).Writer;
}
