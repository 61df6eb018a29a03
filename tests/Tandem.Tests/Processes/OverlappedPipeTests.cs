using System.IO.Pipes;
using Tandem.Transport.Portable;

namespace Tandem.Tests.Processes;

/// <summary>The streams under a link over pipes, on every system: no thread that waits in one of them blocks another one.</summary>
public sealed class OverlappedPipeTests : IAsyncLifetime
{
    private readonly NamedPipeServerStream _server;
    private readonly NamedPipeClientStream _client;
    private Stream _parent = Stream.Null;
    private Stream _worker = Stream.Null;

    public OverlappedPipeTests()
    {
        string name = $"tandem-test-{Guid.NewGuid():N}";
        _server = new NamedPipeServerStream(name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
        _client = new NamedPipeClientStream(".", name, PipeDirection.InOut, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
    }

    public async ValueTask InitializeAsync()
    {
        Task connected = _server.WaitForConnectionAsync();
        await _client.ConnectAsync();
        await connected;
        (_parent, _worker) = (OverlappedPipe.Over(_server), OverlappedPipe.Over(_client));
    }

    public ValueTask DisposeAsync()
    {
        _parent.Dispose();
        _worker.Dispose();
        return default;
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_thread_that_waits_for_bytes_does_not_block_one_that_writes()
    {
        Task<int> waiting = OnThread(() => _worker.Read(new byte[1]));
        Task<int> answer = OnThread(() => _parent.ReadByte());
        await Task.Yield();

        _worker.Write([7]);

        Assert.Equal(7, await answer);
        Assert.False(waiting.IsCompleted);
        _parent.Write([8]);
        Assert.Equal(1, await waiting);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Large_messages_cross_in_both_directions_at_once()
    {
        byte[] sent = new byte[8 << 20];
        new Random(1).NextBytes(sent);
        byte[] first = new byte[sent.Length], second = new byte[sent.Length];

        await Task.WhenAll(
            OnThread(() => Write(_parent)), OnThread(() => Write(_worker)),
            OnThread(() => Read(_parent, first)), OnThread(() => Read(_worker, second)));

        Assert.Equal(sent, first);
        Assert.Equal(sent, second);

        int Write(Stream stream)
        {
            stream.Write(sent);
            return 0;
        }

        static int Read(Stream stream, byte[] target)
        {
            stream.ReadExactly(target);
            return 0;
        }
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(0)]
    [InlineData(100_000)]
    public async Task A_read_that_waits_ends_when_its_own_side_is_closed(int delay)
    {
        Task<int> waiting = OnThread(() =>
        {
            try
            {
                return _worker.Read(new byte[1]);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
            {
                return 0;
            }
        });
        Thread.SpinWait(delay); // sometimes it waits already

        _worker.Dispose();

        Assert.Equal(0, await waiting);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_read_that_waits_ends_when_the_other_side_is_closed()
    {
        Task<int> waiting = OnThread(() => _worker.Read(new byte[1]));

        _parent.Dispose();

        Assert.Equal(0, await waiting);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task What_was_written_before_the_other_side_was_closed_arrives()
    {
        Task<int> written = OnThread(() =>
        {
            _parent.Write([1, 2, 3]);
            _parent.Dispose();
            return 0;
        });
        byte[] target = new byte[4];

        Assert.Equal(3, _worker.ReadAtLeast(target, 4, throwOnEndOfStream: false));
        await written;
    }

    [Fact(Timeout = Limits.Test)]
    public void A_write_to_a_side_that_is_closed_is_an_error()
    {
        _parent.Dispose();

        Assert.ThrowsAny<IOException>(() =>
        {
            for (int i = 0; i < 1000; i++)
                _worker.Write(new byte[1 << 16]);
        });
    }

    private static Task<int> OnThread(Func<int> body) => Task.Factory.StartNew(body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
