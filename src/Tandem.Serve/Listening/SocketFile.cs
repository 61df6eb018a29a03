using System.Net.Sockets;
using Tandem.Interop;

namespace Tandem.Serve.Listening;

/// <summary>
/// The file of a listening Unix socket. Applications delete it before they listen, to remove the file of a former run, and clean-up
/// programs delete it, too. Then no client finds the socket, although it still listens. So the socket has a second name beside the first
/// one. The first name can be restored from it, for the same socket with the connections that wait in it.
/// </summary>
internal sealed class SocketFile
{
    private FileIdentity _identity; // the socket's file as it was last seen

    private SocketFile(string path, FileIdentity identity)
    {
        Path = path;
        _identity = identity;
    }

    internal string Path { get; }

    /// <summary>The file's permissions, as last seen: the application may have set them.</summary>
    internal UnixFileMode Mode => (UnixFileMode)(_identity.Mode & 0b111_111_111);

    private string SecondName => SecondNameOf(Path);

    /// <summary>The file of a socket that was bound just now, to which a second name is added.</summary>
    internal static SocketFile? OfBound(string path)
    {
        if (Libc.IdentityOf(path) is not { IsSocket: true } identity)
            return null;

        var file = new SocketFile(path, identity);
        Delete(file.SecondName); // left by a supervisor that was killed
        _ = Libc.TryLink(path, file.SecondName);
        return file;
    }

    /// <summary>The file of a socket that another process has bound, such as the previous supervisor.</summary>
    internal static SocketFile? OfAdopted(string path) =>
        (Libc.IdentityOf(SecondNameOf(path)) ?? Libc.IdentityOf(path)) is { IsSocket: true } identity
            ? new SocketFile(path, identity)
            : null;

    /// <summary>Checks what is at the path now.</summary>
    internal SocketFileState Check()
    {
        if (Libc.IdentityOf(Path) is not { } now)
            return SocketFileState.Gone;
        if (!now.IsSameFile(_identity))
            return SocketFileState.Replaced;

        _identity = now;
        return SocketFileState.There;
    }

    /// <summary>Restores the path from the second name; false if the second name is gone, too.</summary>
    internal bool TryRestore() => _identity.IsSameFile(Libc.IdentityOf(SecondName)) && Libc.TryLink(SecondName, Path);

    /// <summary>Deletes both names, if they still name this socket.</summary>
    internal void Delete()
    {
        if (_identity.IsSameFile(Libc.IdentityOf(Path)))
            Delete(Path);
        if (_identity.IsSameFile(Libc.IdentityOf(SecondName)))
            Delete(SecondName);
    }

    /// <summary>
    /// Deletes the file of a socket on which no process listens any more. Such a file remains when its process is killed.
    /// </summary>
    internal static void DeleteStale(string path)
    {
        if (Libc.IdentityOf(path) is not { IsSocket: true })
            return; // a file of the user: the bind will report that the address is in use

        // the listener's queue may be full
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            Delete(path);
        }
        catch (SocketException)
        {
            // The bind will report the problem.
        }
    }

    private static string SecondNameOf(string path) =>
        System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path) ?? "", $".{System.IO.Path.GetFileName(path)}.tandem");

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next bind to this path will report the problem.
        }
    }
}
