using System.IO.Pipes;
using Tandem.Transport.Portable;
using Tandem.Transport.SharedMemory;

namespace Tandem.Transport.Mapped;

/// <summary>
/// A connection to a worker that maps memory by its name. The worker connects to pipes; on Windows, bells are named events instead.
/// </summary>
internal sealed class MappedConnection : WorkerConnection
{
    private readonly MappedAddress _address;
    private readonly ControlPipe _control;
    private readonly NamedPipeServerStream? _bells; // null on Windows
    private readonly CancellationTokenSource _closing = new(); // ends the wait for the worker
    private readonly Lock _gate = new(); // guards _closed
    private bool _closed;

    /// <exception cref="IOException">The system refused.</exception>
    internal MappedConnection(MappedAddress address)
    {
        _address = address;
        List<IDisposable> created = [];
        try
        {
            created.Add(Link = MappedMemory.CreateWhole(address.Link, LinkLayout.Size));
            created.Add(Results = MappedMemory.CreateArea(address.Results, isWritable: false));
            created.Add(_control = new ControlPipe(address.Control));
            if (OperatingSystem.IsWindows())
            {
                created.Add(OwnBell = new EventBell(NewEvent(address.ParentEvent)));
                created.Add(WorkerBell = new EventBell(NewEvent(address.WorkerEvent)));
            }
            else
            {
                created.Add(OwnBell = new PipeBell());
                WorkerBell = new RemotePipeBell();
                created.Add(_bells = new NamedPipeServerStream(
                    address.Bells, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly));
            }
        }
        catch
        {
            foreach (IDisposable part in created)
                part.Dispose();
            DeleteNames();
            throw;
        }
    }

    internal override SharedRegion Link { get; }

    internal override SharedRegion Results { get; }

    internal override Bell OwnBell { get; }

    internal override Bell WorkerBell { get; }

    internal override void Start(IConnectionObserver observer) => _ = ConnectAsync(observer, _closing.Token);

    internal override void SendControl(FrameKind kind, int slot, uint sequence, int extra) => _control.Send(kind, slot, sequence, extra);

    public override void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
                return;

            _closed = true;
        }

        _closing.Cancel();
        _closing.Dispose();
        _control.Dispose();
        OwnBell.Dispose();
        WorkerBell.Dispose();
        _bells?.Dispose();
        Results.Dispose();
        Link.Dispose();
        DeleteNames();
    }

    private async Task ConnectAsync(IConnectionObserver observer, CancellationToken closing)
    {
        try
        {
            await _control.ConnectAsync(closing).ConfigureAwait(false);
            if (_bells is not null && !OperatingSystem.IsWindows())
            {
                await _bells.WaitForConnectionAsync(closing).ConfigureAwait(false);
                // The bells use the descriptor, so it must not be closed, and its number used again, before they know of it.
                lock (_gate)
                {
                    if (_closed)
                        return;

                    int descriptor = (int)_bells.SafePipeHandle.DangerousGetHandle();
                    ((PipeBell)OwnBell).Connect(descriptor);
                    ((RemotePipeBell)WorkerBell).Connect(descriptor);
                }
            }

            // The worker has opened everything before it has connected to the last pipe.
            DeleteNames();
            await _control.WaitForEndAsync(closing).ConfigureAwait(false);
            observer.OnEnded();
        }
        catch (Exception) when (closing.IsCancellationRequested)
        {
            // The link is being closed.
        }
        catch (Exception e)
        {
            observer.OnFailed(e);
        }
    }

    /// <summary>On Windows, names are gone with the last handle.</summary>
    private void DeleteNames()
    {
        if (OperatingSystem.IsWindows())
            return;

        foreach (string name in (string[])[_address.Link, _address.Results, _address.Control, _address.Bells])
        {
            try
            {
                File.Delete(name);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The folder is gone, or it is deleted with the pool.
            }
        }
    }

    private static EventWaitHandle NewEvent(string name)
    {
        var handle = new EventWaitHandle(false, EventResetMode.AutoReset, name, out bool isNew);
        if (isNew)
            return handle;

        handle.Dispose();
        throw new IOException($"The event '{name}' exists already");
    }
}
