using System.Runtime.InteropServices;
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
        _requests = new PayloadArea(
            PayloadArea.CreateRegion(static size => SharedRegion.Create("tandem-requests", size, othersReadOnly: true)));
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

    /// <summary>Returns why shared memory is not supported, if the platform decides that; otherwise null.</summary>
    internal static string? ReasonAgainst(bool isLinux, Architecture architecture) =>
        !isLinux ? "this system is not Linux"
        : SystemCalls.Of(architecture) is null
            ? $"this is a process for {architecture}, and the numbers of Linux's system calls are known for x64 and arm64 only"
        : null;

    private static bool Probe()
    {
        if (ReasonAgainst(OperatingSystem.IsLinux(), RuntimeInformation.ProcessArchitecture) is { } reason)
        {
            Problem = reason;
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
            using SharedRegion region = PayloadArea.CreateRegion(static size => SharedRegion.Create("tandem-probe", size, othersReadOnly: true));
            return true;
        }
        catch (Exception e) when (e is IOException or DllNotFoundException or EntryPointNotFoundException)
        {
            Problem = e.Message;
            return false;
        }
    }
}
