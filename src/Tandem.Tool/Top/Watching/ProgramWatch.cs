using System.Diagnostics.Tracing;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Diagnostics.NETCore.Client;
using Tandem.Telemetry;

namespace Tandem.Tool.Top.Watching;

/// <summary>Listens to the pools of one process, through the runtime's diagnostics port.</summary>
internal sealed class ProgramWatch : IAsyncDisposable
{
    private const int BufferMegabytes = 4;

    private readonly CancellationTokenSource _stop = new();
    private readonly int _processId;
    private readonly long _started;
    private readonly TimeSpan _interval;
    private readonly Action _changed;
    private readonly Task _listening;
    private ProgramSample? _last;
    private ProgramSample? _former;

    /// <param name="processId">The process.</param>
    /// <param name="started">When it was started.</param>
    /// <param name="interval">How often it is to tell of its pools.</param>
    /// <param name="changed">Called for each sample, and when there will be no more.</param>
    internal ProgramWatch(int processId, long started, TimeSpan interval, Action changed)
    {
        _processId = processId;
        _started = started;
        _interval = interval;
        _changed = changed;
        _listening = Task.Run(ListenAsync);
    }

    /// <summary>The last two samples, the newer one first.</summary>
    internal (ProgramSample? Last, ProgramSample? Former) Samples
    {
        get
        {
            lock (_stop)
                return (_last, _former);
        }
    }

    /// <summary>Whether the process listens to this tool by now.</summary>
    internal bool IsConnected { get; private set; }

    /// <summary>Whether no sample will come any more.</summary>
    internal bool HasEnded => _listening.IsCompleted;

    /// <summary>Why it could not be listened to; null when that was not so, or when the process has ended.</summary>
    internal string? Problem { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _listening.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task ListenAsync()
    {
        try
        {
            var provider = new EventPipeProvider(
                TandemTelemetry.EventSourceName,
                EventLevel.Informational,
                arguments: new Dictionary<string, string>
                {
                    [PoolEventSource.IntervalArgument] = ((int)_interval.TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
                });
            DiagnosticsClientConnector port = await DiagnosticPort.ConnectAsync(_processId, _started, _stop.Token).ConfigureAwait(false);
            await using ConfiguredAsyncDisposable disposal = port.ConfigureAwait(false);
            using EventPipeSession session = await port.Instance
                .StartEventPipeSessionAsync([provider], requestRundown: false, BufferMegabytes, _stop.Token).ConfigureAwait(false);
            IsConnected = true;
            try
            {
                await new NettraceReader(session.EventStream).ReadAsync(new PoolSamples(Complete).Receive, _stop.Token).ConfigureAwait(false);
            }
            finally
            {
                await StopAsync(session).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or EndOfStreamException)
        {
            // Told to, or the process has ended.
        }
        catch (Exception e) when (IsTransportFailure(e) || e is UnauthorizedAccessException or InvalidDataException or OverflowException or ArgumentException)
        {
            if (ProcFs.Exists(_processId))
                Problem = Explain(e);
        }

        _changed();
    }

    /// <summary>Has the runtime let go, so that nothing of this is left in a process that is not watched any more.</summary>
    private static async Task StopAsync(EventPipeSession session)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await session.StopAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (IsTransportFailure(e) || e is OperationCanceledException)
        {
            // It is gone, or stopped; it notices when it has something to tell.
        }
    }

    private static bool IsTransportFailure(Exception e) => e is DiagnosticsClientException or IOException or TimeoutException or SocketException;

    private string Explain(Exception e) => e switch
    {
        UnauthorizedAccessException or SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            $"process {_processId} belongs to another user; run this as that user, or as root.",
        UnsupportedCommandException or UnsupportedProtocolException => $"the .NET runtime of process {_processId} is too old to be watched.",
        _ => $"process {_processId} cannot be watched: {e.Message}",
    };

    private void Complete(ProgramSample sample)
    {
        lock (_stop)
        {
            _former = _last;
            _last = sample;
        }

        _changed();
    }
}
