using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace Tandem.Serve.Worker;

/// <summary>Handles signals for one worker as the supervisor handles them for all: SIGTERM drains.</summary>
internal sealed class WorkerLifetime(ServedWorker worker) : IHostLifetime, IDisposable
{
    private PosixSignalRegistration? _terminate;
    private PosixSignalRegistration? _interrupt;
    private PosixSignalRegistration? _quit;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            worker.Drainer.Drain();
        });
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, StopNow);
        _quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, StopNow);
        return Task.CompletedTask;

        void StopNow(PosixSignalContext context)
        {
            context.Cancel = true;
            worker.Drainer.StopNow();
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _terminate?.Dispose();
        _interrupt?.Dispose();
        _quit?.Dispose();
    }
}
