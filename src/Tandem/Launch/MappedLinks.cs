using Tandem.Interop;
using Tandem.Serialization;
using Tandem.Transport.Mapped;
using Tandem.Transport.SharedMemory;

namespace Tandem.Launch;

/// <summary>Creates links over memory that both processes map by a name, on every 64-bit system and with every launcher.</summary>
internal sealed class MappedLinks : LinkFactory
{
    private readonly MappedFolder? _folder; // null on Windows
    private readonly string _pool; // see MappedAddress.Pool
    private readonly PayloadArea _requests;
    private readonly int _spinMicroseconds;
    private int _workers; // how many links were created; the workers' numbers

    /// <exception cref="WorkerStartException">This system does not support the transport, or lacks the resources for it.</exception>
    internal MappedLinks(ProcessPoolOptions options)
    {
        if (!Environment.Is64BitProcess)
            throw new WorkerStartException("Mapped memory needs a 64-bit process; use WorkerTransport.Auto or Portable.");

        try
        {
            _folder = OperatingSystem.IsWindows() ? null : MappedFolder.Create();
            _pool = OperatingSystem.IsWindows() ? $"tandem-{Guid.NewGuid():N}" : _folder!.Path;
            _requests = new PayloadArea(MappedMemory.CreateArea(MappedAddress.RequestsOf(_pool), isWritable: true));
        }
        catch (IOException e)
        {
            DeleteFolder();
            throw Failure(e);
        }

        _spinMicroseconds = SharedMemoryLinks.SpinMicroseconds(options);
    }

    internal override IPayloadMemory Memory => _requests;

    internal override bool NeedsDescriptors => false;

    internal override NewLink Create()
    {
        var address = new MappedAddress(_pool, Interlocked.Increment(ref _workers));
        try
        {
            var connection = new MappedConnection(address);
            return new MappedNewLink(new SharedMemoryLink(_requests, connection, _spinMicroseconds), address);
        }
        catch (IOException e)
        {
            throw Failure(e);
        }
    }

    public override void Dispose()
    {
        _requests.Dispose();
        DeleteFolder();
    }

    private static WorkerStartException Failure(Exception cause) =>
        new($"The memory that a worker shares could not be created: {SystemLimits.Explain(cause)}.", cause);

    private void DeleteFolder()
    {
        if (!OperatingSystem.IsWindows())
            _folder?.Dispose();
    }
}
