using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Tandem.Transport.Portable;
using Tandem.Transport.SharedMemory;

namespace Tandem.Transport.Mapped;

/// <summary>A connection to the parent whose memory this process maps by its name; see <see cref="MappedConnection"/>.</summary>
/// <param name="address">The names.</param>
internal sealed class MappedParentConnection(MappedAddress address) : ParentConnection
{
    /// <summary>
    /// The pipes exist since before this process was started. If they are gone, the parent does not want it any more. Only Windows has a
    /// reason to wait: an instance of a pipe can be busy.
    /// </summary>
    private static readonly TimeSpan ConnectTimeout = OperatingSystem.IsWindows() ? TimeSpan.FromSeconds(30) : TimeSpan.Zero;

    private Stream? _control; // set by Connect, like the others
    private NamedPipeClientStream? _bells;
    private Bell? _ownBell;
    private Bell? _parentBell;

    internal override Bell? OwnBell => _ownBell;

    internal override Bell? ParentBell => _parentBell;

    internal override SharedRegion OpenLink() => MappedMemory.Open(address.Link, LinkLayout.Size, isWritable: true);

    internal override SharedRegion OpenRequests(nint length) => MappedMemory.Open(address.Requests, length, isWritable: false);

    internal override SharedRegion OpenResults(nint length) => MappedMemory.Open(address.Results, length, isWritable: true);

    internal override void Connect()
    {
        if (OperatingSystem.IsWindows())
        {
            _ownBell = new EventBell(OpenEvent(address.WorkerEvent));
            _parentBell = new EventBell(OpenEvent(address.ParentEvent));
            _control = OverlappedPipe.Over(Connect(address.Control));
            return;
        }

        _control = Connect(address.Control);
        _bells = Connect(address.Bells); // last: the parent deletes the names then
        int descriptor = (int)_bells.SafePipeHandle.DangerousGetHandle();
        var own = new PipeBell();
        own.Connect(descriptor);
        var parent = new RemotePipeBell();
        parent.Connect(descriptor);
        (_ownBell, _parentBell) = (own, parent);
    }

    internal override bool TryReceive(out FrameHeader header)
    {
        header = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<FrameHeader>(ref header));
        try
        {
            if (_control!.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length)
                return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The pipe is broken, which is an end too.
        }

        return false;
    }

    public override void Dispose()
    {
        _control?.Dispose();
        _ownBell?.Dispose();
        _parentBell?.Dispose();
        _bells?.Dispose();
    }

    private static NamedPipeClientStream Connect(string name)
    {
        var pipe = new NamedPipeClientStream(".", name, PipeDirection.InOut, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
        pipe.Connect(ConnectTimeout);
        return pipe;
    }

    [SupportedOSPlatform("windows")]
    private static EventWaitHandle OpenEvent(string name)
    {
        try
        {
            return EventWaitHandle.OpenExisting(name);
        }
        catch (Exception e) when (e is WaitHandleCannotBeOpenedException or UnauthorizedAccessException)
        {
            throw new IOException($"The event '{name}' could not be opened: {e.Message}", e);
        }
    }
}
