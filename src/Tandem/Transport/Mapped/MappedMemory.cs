using Tandem.Transport.SharedMemory;

namespace Tandem.Transport.Mapped;

/// <summary>Memory that two processes map by a name: a file on Unix, a section of the page file on Windows.</summary>
internal static class MappedMemory
{
    private const nint SmallestArea = 256 << 20;

    /// <summary>
    /// The address space of a payload area. On Windows, the system keeps a table for a section, of 8 bytes for each page of it. Some file
    /// systems of macOS have no sparse files.
    /// </summary>
    private static nint LargestArea =>
        (nint)Math.Min(PayloadArea.DefaultSize, (OperatingSystem.IsWindows() ? 4L : OperatingSystem.IsLinux() ? 64L : 16L) << 30);

    /// <summary>Creates memory of which every page exists.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    internal static SharedRegion CreateWhole(string name, nint length)
    {
        SharedRegion region = Create(name, length, isWritable: true);
        try
        {
            region.Commit(0, length, length);
            return region;
        }
        catch
        {
            region.Dispose();
            throw;
        }
    }

    /// <summary>Creates a sparse region for payloads, smaller than usual where the system does not allow the usual size.</summary>
    /// <param name="name">A new name.</param>
    /// <param name="isWritable">Whether this process writes, or another one does.</param>
    /// <exception cref="IOException">The system refused.</exception>
    internal static SharedRegion CreateArea(string name, bool isWritable) =>
        PayloadArea.CreateRegion(length => Create(name, length, isWritable), LargestArea, SmallestArea, divisor: 2);

    /// <summary>Maps memory that another process has created.</summary>
    /// <exception cref="IOException">There is no such memory, or it is smaller.</exception>
    internal static SharedRegion Open(string name, nint length, bool isWritable) => OperatingSystem.IsWindows()
        ? MappedSection.OpenExisting(name, length, isWritable)
        : MappedFile.OpenExisting(name, length, isWritable);

    private static SharedRegion Create(string name, nint length, bool isWritable) => OperatingSystem.IsWindows()
        ? MappedSection.CreateNew(name, length, isWritable)
        : MappedFile.CreateNew(name, length, isWritable);
}
