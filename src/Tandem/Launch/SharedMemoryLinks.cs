using Tandem.Interop;
using Tandem.Serialization;
using Tandem.Transport.SharedMemory;

namespace Tandem.Launch;

/// <summary>Creates links over shared memory, with a socket for control. Linux only, with a launcher that passes descriptors.</summary>
internal sealed unsafe class SharedMemoryLinks : LinkFactory
{
    private readonly PayloadArea _requests;
    private readonly int _spinMicroseconds;

    internal SharedMemoryLinks(ProcessPoolOptions options)
    {
        _requests = new PayloadArea(SharedRegion.Create("tandem-requests", PayloadArea.DefaultSize, othersReadOnly: true));
        _spinMicroseconds = SpinMicroseconds(options);
    }

    /// <summary>Why this system does not support the transport.</summary>
    internal static string Problem { get; private set; } = "";

    /// <summary>Whether this system supports the transport; probed once.</summary>
    internal static bool IsSupported { get; } = Probe();

    /// <summary>How long both sides of a link over shared memory may spin.</summary>
    internal static int SpinMicroseconds(ProcessPoolOptions options)
    {
        // Spinning workers must leave a core for the caller: if there are more workers than spare cores, they spin for a shorter time.
        int spare = Environment.ProcessorCount - 1;
        return spare < 1 ? 0 : options.MaxWorkers <= spare ? 50 : 20;
    }

    internal override IPayloadMemory Memory => _requests;

    internal override bool NeedsDescriptors => true;

    internal override NewLink Create()
    {
        int* sockets = stackalloc int[2];
        if (Libc.SocketPair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, sockets) != 0)
            throw new WorkerStartException($"The control socket of a worker could not be created: {Libc.LastError()}.");

        try
        {
            return new SharedMemoryNewLink(new SharedMemoryLink(_requests, sockets[0], _spinMicroseconds), sockets[1]);
        }
        catch
        {
            _ = Libc.Close(sockets[1]);
            throw;
        }
    }

    public override void Dispose() => _requests.Dispose();

    private static bool Probe()
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
        {
            Problem = "this is not a 64-bit process on Linux";
            return false;
        }

        try
        {
            int pidfd = Libc.PidfdOpen(Environment.ProcessId);
            if (pidfd < 0)
            {
                Problem = $"pidfd_open: {Libc.LastError()}";
                return false;
            }

            _ = Libc.Close(pidfd);
            using var region = SharedRegion.Create("tandem-probe", PayloadArea.DefaultSize, othersReadOnly: true);
            return true;
        }
        catch (Exception e) when (e is IOException or DllNotFoundException or EntryPointNotFoundException)
        {
            Problem = e.Message;
            return false;
        }
    }
}
