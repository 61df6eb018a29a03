namespace Tandem.Interop;

/// <summary>Which file it is, whatever its name.</summary>
/// <param name="Device">The file system.</param>
/// <param name="Inode">The file's number there.</param>
/// <param name="Mode">Its kind, and what is allowed to whom.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Inode, ushort Mode)
{
    private const int KindMask = 0xf000;
    private const int Socket = 0xc000;

    internal bool IsSocket => (Mode & KindMask) == Socket;

    /// <summary>Whether both are one file, whatever its mode.</summary>
    internal bool IsSameFile(FileIdentity? other) => other is { } file && file.Device == Device && file.Inode == Inode;
}
