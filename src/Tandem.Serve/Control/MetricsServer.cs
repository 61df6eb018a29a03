using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tandem.Serve.Control;

/// <summary>
/// Serves metrics of all workers in Prometheus's text format (https://prometheus.io/docs/instrumenting/exposition_formats/), and answers
/// probes. It implements HTTP itself, because a web server in the supervisor would need more memory than a worker does.
/// </summary>
internal sealed class MetricsServer : IAsyncDisposable
{
    internal const string MetricsPath = "/metrics";
    internal const string LivePath = "/healthz/live";
    internal const string ReadyPath = "/healthz/ready";

    private const int MaxHead = 8192;

    /// <summary>The maximum length of a reason in a label.</summary>
    private const int MaxLabel = 200;

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(100);

    private readonly TcpListener _listener;
    private readonly Func<ServeStatus> _status;
    private readonly Func<ServeHealth> _health;
    private readonly TimeProvider _time; // the server's clock
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    internal MetricsServer(IPEndPoint endPoint, Func<ServeStatus> status, Func<ServeHealth> health, TimeProvider time)
    {
        _status = status;
        _health = health;
        _time = time;
        _listener = new TcpListener(endPoint);
        if (endPoint.Address.Equals(IPAddress.IPv6Any))
            _listener.Server.DualMode = true;
        try
        {
            _listener.Start();
        }
        catch (SocketException e)
        {
            throw new ServeException(
                ServeExitCode.BadAddress, $"The address {endPoint} for metrics (--metrics-port) cannot be used: {e.Message}", e);
        }

        _loop = AcceptAsync();
    }

    /// <summary>The address on which it listens.</summary>
    internal IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    internal static string Write(ServeStatus status)
    {
        var text = new StringBuilder();
        Family(text, "tandem_serve_workers_wanted", "gauge", "The intended number of workers.", [("", status.Target)]);
        Family(text, "tandem_serve_worker_requests_total", "counter", "Requests.", Each(status, static worker => worker.Requests));
        Family(text, "tandem_serve_worker_connections", "gauge", "Open connections.", Each(status, static worker => worker.Connections));
        Family(
            text,
            "tandem_serve_worker_connections_total",
            "counter",
            "Accepted connections.",
            Each(status, static worker => worker.Accepted));
        Family(
            text,
            "tandem_serve_worker_connections_handed_over_total",
            "counter",
            "Connections that were handed over to the worker that their client belongs to.",
            Each(status, static worker => worker.HandedOver));
        Family(
            text,
            "tandem_serve_worker_requests_forwarded_total",
            "counter",
            "Requests that were forwarded to the worker that their client belongs to.",
            Each(status, static worker => worker.Forwarded));
        Family(
            text,
            "tandem_serve_worker_processor_seconds_total",
            "counter",
            "Processor time.",
            Each(status, static worker => worker.ProcessorSeconds));
        Family(text, "tandem_serve_worker_private_bytes", "gauge", "Private memory.", Each(status, static worker => worker.PrivateMemory));
        Family(text, "tandem_serve_worker_age_seconds", "gauge", "Time since the start.", Each(status, static worker => worker.AgeSeconds));
        Family(text, "tandem_serve_restarts_total", "counter", "Replacements of workers.", EachSlot(status, static slot => slot.Restarts));
        Family(
            text,
            "tandem_serve_worker_up",
            "gauge",
            "1 if the worker accepts connections, otherwise 0.",
            EachSlot(status, static slot => slot.State == "accepting" ? 1 : 0));
        Family(
            text,
            "tandem_serve_worker_crash_loop",
            "gauge",
            "1 if the worker is in a crash loop, so that its next starts are delayed, otherwise 0.",
            EachSlot(status, static slot => slot.IsCrashLoop ? 1 : 0));
        Family(
            text,
            "tandem_serve_worker_queue_wait_seconds",
            "gauge",
            "How long work waits for the worker's thread pool.",
            Each(status, static worker => worker.QueueWaitMilliseconds / 1000.0));
        Family(
            text,
            "tandem_serve_request_timeouts_total",
            "counter",
            "Requests that took longer than --request-timeout.",
            EachSlot(status, static slot => slot.TimedOut));
        Family(
            text,
            "tandem_serve_worker_stuck_requests",
            "gauge",
            "Requests that were aborted and still run.",
            Each(status, static worker => worker.Stuck));
        Family(
            text,
            "tandem_serve_stuck_replacements_total",
            "counter",
            "Replacements of workers because a request did not release its thread.",
            EachSlot(status, static slot => slot.StuckReplacements));
        if (status.Scaling is { } scaling)
        {
            Family(
                text, "tandem_serve_workers_min", "gauge", "The minimum number of workers when the load selects it.", [("", scaling.Min)]);
            Family(
                text, "tandem_serve_workers_max", "gauge", "The maximum number of workers when the load selects it.", [("", scaling.Max)]);
            Family(
                text,
                "tandem_serve_scalings_total",
                "counter",
                "Changes of the number of workers by the load.",
                [("{direction=\"up\"}", scaling.Ups), ("{direction=\"down\"}", scaling.Downs)]);
        }

        Family(
            text,
            "tandem_serve_worker_next_attempt_seconds",
            "gauge",
            "Time until the next start of a worker whose start is delayed after a crash.",
            status.Slots.Where(static slot => slot.NextAttemptSeconds is not null)
                .Select(static slot => (LabelsOf(slot), slot.NextAttemptSeconds!.Value)));
        Family(
            text,
            "tandem_serve_worker_last_restart_timestamp_seconds",
            "gauge",
            "When the worker was last replaced, and why.",
            status.Slots.Where(static slot => slot.LastRestarts.Count > 0).Select(static slot =>
                ($"{{worker=\"{slot.Number}\",reason=\"{LabelText(slot.LastRestarts[^1].Reason)}\"}}",
                    slot.LastRestarts[^1].Time.ToUnixTimeMilliseconds() / 1000.0)));
        return text.ToString();
    }

    private static IEnumerable<(string Labels, double Value)> EachSlot(ServeStatus status, Func<SlotStatus, double> value) =>
        status.Slots.Select(slot => (LabelsOf(slot), value(slot)));

    private static string LabelsOf(SlotStatus slot) => $"{{worker=\"{slot.Number}\"}}";

    /// <summary>The first line of a text, escaped for a label.</summary>
    private static string LabelText(string text)
    {
        string line = text.Split('\n')[0].TrimEnd('\r');
        return (line.Length > MaxLabel ? line[..MaxLabel] : line)
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal);
    }

    private static IEnumerable<(string Labels, double Value)> Each(ServeStatus status, Func<WorkerStatus, double> value) =>
        status.Workers.Select(worker =>
            ($"{{worker=\"{worker.Number}\",pid=\"{worker.ProcessId}\",state=\"{worker.State}\"}}", value(worker)));

    private static void Family(StringBuilder text, string name, string type, string help, IEnumerable<(string Labels, double Value)> values)
    {
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
        foreach ((string labels, double value) in values)
            text.Append(CultureInfo.InvariantCulture, $"{name}{labels} {value}\n");
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = AnswerAsync(await _listener.AcceptTcpClientAsync(_stop.Token).ConfigureAwait(false));
            }
            catch (SocketException) when (!_stop.IsCancellationRequested)
            {
                // No file descriptor is free, or the client is gone already. Try again later.
                await Task.Delay(RetryInterval, _time, _stop.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using var limit = new CancellationTokenSource(AnswerTimeout, _time);
        try
        {
            using (client)
            {
                NetworkStream stream = client.GetStream();
                if (await ReadHeadAsync(stream, limit.Token).ConfigureAwait(false) is { } head)
                    await stream.WriteAsync(Encoding.UTF8.GetBytes(Answer(head)), limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The client is gone.
        }
    }

    /// <summary>Reads until the head of the request is complete; it may arrive in several parts.</summary>
    private static async Task<string?> ReadHeadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxHead];
        int length = 0;
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            if (length == buffer.Length)
                break; // the request line is complete, and nothing else is used

            int read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0)
                return null;

            length += read;
        }

        return Encoding.ASCII.GetString(buffer, 0, length);
    }

    private string Answer(string head)
    {
        if (HttpRequestLine.Read(head) is not { } request)
            return Write("400 Bad Request", "This is not an HTTP/1.1 request.\n");
        if (request.Method is not ("GET" or "HEAD"))
            return Write("405 Method Not Allowed", "Only GET and HEAD are allowed.\n", "Allow: GET, HEAD\r\n");

        string answer = request.Path switch
        {
            MetricsPath => Write("200 OK", Write(_status()), format: "; version=0.0.4"),
            LivePath => Probe(_health().NotLive),
            ReadyPath => Probe(_health().NotReady),
            _ => Write("404 Not Found", $"See {MetricsPath}, {LivePath} and {ReadyPath}\n"),
        };
        return request.Method == "HEAD" ? answer[..(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)] : answer;
    }

    private static string Probe(string? problem) =>
        problem is null ? Write("200 OK", "ok\n") : Write("503 Service Unavailable", problem + "\n");

    private static string Write(string result, string body, string fields = "", string format = "") =>
        $"HTTP/1.1 {result}\r\nContent-Type: text/plain{format}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n"
        + $"{fields}Cache-Control: no-store\r\nConnection: close\r\n\r\n{body}";
}
