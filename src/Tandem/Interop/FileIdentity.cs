namespace Tandem.Interop;

/// <summary>Identifies a file independently of its name.</summary>
/// <param name="Device">The device of the file system.</param>
/// <param name="Inode">The inode number in that file system.</param>
/// <param name="Mode">The file's type and permissions.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Inode, ushort Mode)
{
    private const int KindMask = 0xf000;
    private const int Socket = 0xc000;

    internal bool IsSocket => (Mode & KindMask) == Socket;

    /// <summary>Whether both are the same file; the mode is not compared.</summary>
    internal bool IsSameFile(FileIdentity? other) => other is { } file && file.Device == Device && file.Inode == Inode;
}
