using System.Runtime.InteropServices;

namespace Tandem.Tool;

/// <summary>
/// Turns Ctrl+C, TERM and HUP into a cancellation, so that a command can stop what it has started. A second signal has its usual effect,
/// because the user does not want to wait.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _signals;

    internal Interruption() => _signals =
    [
        .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }
            .Select(signal => PosixSignalRegistration.Create(signal, OnSignal))
    ];

    internal CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();

        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = !_source.IsCancellationRequested;
        // Not synchronously, because callbacks may block, and the next signal must be handled.
        _ = _source.CancelAsync();
    }
}
