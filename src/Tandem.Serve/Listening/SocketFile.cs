using System.Net.Sockets;
using Tandem.Interop;

namespace Tandem.Serve.Listening;

/// <summary>
/// The file of a Unix socket that listens. Applications delete it before they listen, so that the file of a former run is not in their way,
/// and programs that tidy up delete it, too: then nobody finds the socket any more, though it listens. So it has a second name beside the
/// first one, from which the first one can be made anew: of the same socket, with what waits in it.
/// </summary>
internal sealed class SocketFile
{
    private FileIdentity _identity;

    private SocketFile(string path, FileIdentity identity)
    {
        Path = path;
        _identity = identity;
    }

    internal string Path { get; }

    /// <summary>What is allowed to whom, as it was last seen: the application may have set it.</summary>
    internal UnixFileMode Mode => (UnixFileMode)(_identity.Mode & 0b111_111_111);

    private string SecondName => SecondNameOf(Path);

    /// <summary>The file of a socket that was bound just now.</summary>
    internal static SocketFile? OfBound(string path)
    {
        if (Libc.IdentityOf(path) is not { IsSocket: true } identity)
            return null;

        var file = new SocketFile(path, identity);
        Delete(file.SecondName); // of a supervisor that was killed
        _ = Libc.TryLink(path, file.SecondName);
        return file;
    }

    /// <summary>The file of a socket that somebody else has bound, such as the supervisor before this one.</summary>
    internal static SocketFile? OfAdopted(string path) =>
        (Libc.IdentityOf(SecondNameOf(path)) ?? Libc.IdentityOf(path)) is { IsSocket: true } identity ? new SocketFile(path, identity) : null;

    /// <summary>What the path names now.</summary>
    internal SocketFileState Look()
    {
        if (Libc.IdentityOf(Path) is not { } now)
            return SocketFileState.Gone;
        if (!now.IsSameFile(_identity))
            return SocketFileState.Replaced;

        _identity = now;
        return SocketFileState.There;
    }

    /// <summary>Makes the path anew; false where the second name is gone, too.</summary>
    internal bool TryRestore() => _identity.IsSameFile(Libc.IdentityOf(SecondName)) && Libc.TryLink(SecondName, Path);

    /// <summary>Deletes it, where it is this one still.</summary>
    internal void Delete()
    {
        if (_identity.IsSameFile(Libc.IdentityOf(Path)))
            Delete(Path);
        if (_identity.IsSameFile(Libc.IdentityOf(SecondName)))
            Delete(SecondName);
    }

    /// <summary>Deletes the file of a socket on which nobody listens any more; it stays when its process was killed.</summary>
    internal static void DeleteStale(string path)
    {
        if (Libc.IdentityOf(path) is not { IsSocket: true })
            return; // a file of the user's: binding says that the address is in use

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false }; // a listener may be busy
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
            // Binding will say what is wrong.
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
            // Whoever binds there next is told.
        }
    }
}
