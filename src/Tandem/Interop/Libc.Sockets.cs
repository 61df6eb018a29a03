using System.Runtime.InteropServices;

namespace Tandem.Interop;

/// <content>Socket calls by descriptor.</content>
internal static unsafe partial class Libc
{
    internal const int SHUT_RD = 0;
    internal const int MSG_PEEK = 2;

    [LibraryImport(Library, EntryPoint = "shutdown", SetLastError = true)]
    internal static partial int ShutDown(int socket, int how);

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(int socket, byte* buffer, nint length, int flags);
}
