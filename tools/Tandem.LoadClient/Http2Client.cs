using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Tandem.LoadClient;

/// <summary>
/// HTTP/2 by the platform's client: one connection, several streams. That client sends a request again where the server has said that
/// it did not look at it; how often is counted (<see cref="RetryCounter"/>).
/// </summary>
internal sealed class Http2Client(LoadRun run, int number) : LoadClientBase(run, number)
{
    private readonly Lock _gate = new();
    private readonly Uri[] _addresses =
        [.. run.Options.Requests.Select(request => new Uri($"{(run.Options.Tls ? "https" : "http")}://{run.Options.EndPoint}{request.Path}"))];

    private long _answers;
    private int _pid;

    internal override async Task RunAsync()
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            UseProxy = false,
            AllowAutoRedirect = false,
            EnableMultipleHttp2Connections = false,
            ActivityHeadersPropagator = null,
        };
        if (Options.Tls)
            handler.SslOptions = Options.Authentication;
        using var invoker = new HttpMessageInvoker(handler);
        using var cancellation = new CancellationTokenSource();
        // Streams have deadlines of their own; this is for the end of all.
        using var ending = new Ending(cancellation);
        Watch(ending);
        Unwatch();
        await Task.WhenAll(Enumerable.Range(0, Options.Interval is null ? Options.Depth : 1).Select(_ => RunStreamsAsync(invoker, cancellation.Token)));
    }

    private async Task RunStreamsAsync(HttpMessageInvoker invoker, CancellationToken cancelled)
    {
        byte[] buffer = new byte[16 * 1024];
        var timeout = new CancellationTokenSource();
        try
        {
            while (true)
            {
                long start = await WaitForTurnAsync();
                if (!Run.TryTake())
                    break;

                if (!timeout.TryReset())
                {
                    timeout.Dispose();
                    timeout = new CancellationTokenSource();
                }

                timeout.CancelAfter(Options.AnswerTimeout);
                using (cancelled.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), timeout))
                    await SendAsync(invoker, buffer, start, timeout.Token);
            }
        }
        finally
        {
            timeout.Dispose();
        }
    }

    private async ValueTask SendAsync(HttpMessageInvoker invoker, byte[] buffer, long start, CancellationToken token)
    {
        int turn;
        lock (_gate)
        {
            turn = NextTurn();
            Sent++;
        }

        LoadRequest request = Options.Requests[turn];
        bool answering = false;
        try
        {
            using var message = new HttpRequestMessage(request.Body is null ? HttpMethod.Get : HttpMethod.Post, _addresses[turn])
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            if (request.Body is not null)
            {
                message.Content = new ByteArrayContent(request.Body);
                message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            }

            using HttpResponseMessage answer = await invoker.SendAsync(message, token);
            answering = true;
            int pid = await CheckAsync(answer, request, buffer, token);
            lock (_gate)
            {
                NotePid(pid);
                _answers++;
                Succeed(start);
            }
        }
        catch (WrongAnswerException e)
        {
            Note(FailureKind.Wrong, request, e.Message);
        }
        catch (HttpRequestException e) when (!answering && e.HttpRequestError is HttpRequestError.ConnectionError)
        {
            Note(FailureKind.Refused, request, e.Message);
            await Task.Delay(5, CancellationToken.None);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            Note(answering ? FailureKind.Mid : Volatile.Read(ref _answers) == 0 ? FailureKind.Fresh : FailureKind.Reuse, request, e.Message);
        }
    }

    private static async ValueTask<int> CheckAsync(HttpResponseMessage answer, LoadRequest request, byte[] buffer, CancellationToken token)
    {
        if (answer.StatusCode != HttpStatusCode.OK || answer.Version != HttpVersion.Version20)
            throw new WrongAnswerException($"{(int)answer.StatusCode} in HTTP/{answer.Version}");

        Stream body = await answer.Content.ReadAsStreamAsync(token);
        long offset = 0;
        int pid = 0;
        while (await body.ReadAsync(buffer, token) is > 0 and var count)
        {
            if (!request.Accepts(offset, buffer.AsSpan(0, count)))
                throw new WrongAnswerException($"another body, from within {count} bytes at {offset}");

            for (int i = 0; request.IsPid && i < count; i++)
                pid = pid * 10 + (buffer[i] - '0');

            offset += count;
        }

        return (request.Length is { } length ? offset == length : offset > 0)
            ? pid
            : throw new WrongAnswerException($"{offset} bytes, not {request.Length}");
    }

    private void NotePid(int pid)
    {
        if (pid == 0 || _pid != 0)
            return;

        _pid = pid;
        Result.AddConnectionOf(pid);
    }

    private void Note(FailureKind kind, LoadRequest request, string detail)
    {
        lock (_gate)
            Fail(kind, request, detail, _answers);
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken token)
    {
        var socket = new Socket(Options.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(Options.EndPoint, token);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        lock (_gate)
        {
            Result.Connections++;
            _answers = 0;
            _pid = 0;
        }

        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Ends all streams.</summary>
    private sealed class Ending(CancellationTokenSource source) : IDisposable
    {
        private bool _done;

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref _done, true))
                source.Cancel();
        }
    }
}
