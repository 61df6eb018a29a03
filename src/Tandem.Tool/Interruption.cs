using System.Runtime.InteropServices;

namespace Tandem.Tool;

/// <summary>
/// Ctrl+C and a friendly kill, as something that a command can hear of, so that it ends what it has started. Who asks a second time does
/// not want to wait: then the signal does what it does without this.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _signals;

    internal Interruption() => _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];

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
        // Not here: what hears of it may block, and the next signal is to be heard.
        _ = _source.CancelAsync();
    }
}
