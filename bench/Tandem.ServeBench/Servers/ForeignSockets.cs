using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Tandem.ServeBench.Servers;

/// <summary>
/// Looks at another process's sockets through copies of its descriptors. The kernel's lists would take too long where short connections leave
/// thousands of entries behind.
/// </summary>
internal sealed unsafe partial class ForeignSockets : IDisposable
{
    private const int PidfdOpen = 434, PidfdGetFd = 438;
    private const int NoSuchProcess = 3, BadDescriptor = 9;
    private const int SocketLevel = 1, AcceptsConnections = 30;
    private const ushort InternetFamily = 2;

    private readonly int _process;

    private ForeignSockets(int process) => _process = process;

    /// <returns>Null where the process is gone.</returns>
    internal static ForeignSockets? Open(int pid)
    {
        int process = (int)SysCall(PidfdOpen, pid, 0, 0);
        return process >= 0 ? new ForeignSockets(process)
            : Marshal.GetLastPInvokeError() == NoSuchProcess ? null
            : throw new Win32Exception();
    }

    /// <returns>Null where there is no such socket any more, or where it is none of IPv4.</returns>
    /// <exception cref="Win32Exception">Not permitted: the process runs as another user, or in a container without the right to trace.</exception>
    internal ForeignSocket? Look(int descriptor)
    {
        int copy = (int)SysCall(PidfdGetFd, _process, descriptor, 0);
        if (copy < 0)
            return Marshal.GetLastPInvokeError() is NoSuchProcess or BadDescriptor ? null : throw new Win32Exception();

        try
        {
            int local = PortOf(&GetLocalName, copy);
            int listens = 0, size = sizeof(int);
            return local > 0 && GetOption(copy, SocketLevel, AcceptsConnections, &listens, &size) == 0
                ? new ForeignSocket(local, PortOf(&GetPeerName, copy), listens != 0)
                : null;
        }
        finally
        {
            _ = Close(copy);
        }
    }

    public void Dispose() => _ = Close(_process);

    private static int PortOf(delegate*<int, byte*, int*, int> name, int socket)
    {
        byte* address = stackalloc byte[128];
        int length = 128;
        return name(socket, address, &length) == 0 && *(ushort*)address == InternetFamily
            ? BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(address + 2, 2))
            : 0;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SysCall(nint number, nint first, nint second, nint third);

    [LibraryImport("libc", EntryPoint = "getsockname")]
    private static partial int GetLocalName(int socket, byte* address, int* length);

    [LibraryImport("libc", EntryPoint = "getpeername")]
    private static partial int GetPeerName(int socket, byte* address, int* length);

    [LibraryImport("libc", EntryPoint = "getsockopt")]
    private static partial int GetOption(int socket, int level, int option, int* value, int* length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
