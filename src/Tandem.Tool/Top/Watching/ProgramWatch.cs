using System.Diagnostics.Tracing;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Diagnostics.NETCore.Client;
using Tandem.Telemetry;

namespace Tandem.Tool.Top.Watching;

/// <summary>Receives the events of the pools of one process, through the runtime's diagnostics port.</summary>
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
    /// <param name="started">The start time of the process.</param>
    /// <param name="interval">How often it reports its pools.</param>
    /// <param name="changed">Called for each sample, and when no more samples will come.</param>
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

    /// <summary>Whether the connection to the process is established.</summary>
    internal bool IsConnected { get; private set; }

    /// <summary>Whether no more samples will come.</summary>
    internal bool HasEnded => _listening.IsCompleted;

    /// <summary>Why the process could not be watched; null if there was no such problem, or if the process has exited.</summary>
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
                await new NettraceReader(session.EventStream).ReadAsync(new PoolSamples(Complete).Receive, _stop.Token)
                    .ConfigureAwait(false);
            }
            finally
            {
                await StopAsync(session).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or EndOfStreamException)
        {
            // The watch was stopped, or the process has exited.
        }
        catch (Exception e) when (IsTransportFailure(e)
            || e is UnauthorizedAccessException or InvalidDataException or OverflowException or ArgumentException)
        {
            if (ProcFs.Exists(_processId))
                Problem = Explain(e);
        }

        _changed();
    }

    /// <summary>Ends the session in the runtime, so that a process which is no longer watched has no overhead.</summary>
    private static async Task StopAsync(EventPipeSession session)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await session.StopAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (IsTransportFailure(e) || e is OperationCanceledException)
        {
            // The process is gone, or stopped; its runtime notices when it next writes events.
        }
    }

    private static bool IsTransportFailure(Exception e) =>
        e is DiagnosticsClientException or IOException or TimeoutException or SocketException;

    private string Explain(Exception e) => e switch
    {
        UnauthorizedAccessException or SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            $"process {_processId} belongs to another user; run this as that user, or as root.",
        UnsupportedCommandException or UnsupportedProtocolException =>
            $"the .NET runtime of process {_processId} is too old to be watched.",
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
