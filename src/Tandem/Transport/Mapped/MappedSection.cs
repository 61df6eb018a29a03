using System.Runtime.Versioning;
using Tandem.Interop;
using Tandem.Transport.SharedMemory;

namespace Tandem.Transport.Mapped;

/// <summary>
/// A section of the page file that two processes map. It has no file, cannot shrink, and is gone with its last handle. Its name is random,
/// and only this user's processes may open it. Its pages are reserved, and committed before they are written.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class MappedSection : SharedRegion
{
    private readonly nint _section;
    private readonly CommittedRange _committed = new();

    private MappedSection(nint section, byte* address, nint length)
        : base(address, length) => _section = section;

    /// <summary>Reading a page that is not committed would be an access violation.</summary>
    internal override nint HarmlessLength => 0;

    internal static MappedSection CreateNew(string name, nint length, bool isWritable) =>
        Map(WindowsMemory.CreateReserved(name, length), length, isWritable);

    internal static MappedSection OpenExisting(string name, nint length, bool isWritable) =>
        Map(WindowsMemory.OpenSection(name, isWritable), length, isWritable);

    internal override nint Commit(nint offset, nint needed, nint available)
    {
        nint parts = (needed + CommittedRange.Granule - 1) / CommittedRange.Granule;
        nint length = Math.Min(parts * CommittedRange.Granule, available);
        if (!_committed.Contains(offset, length))
        {
            WindowsMemory.Commit(Address + offset, length);
            _committed.Add(offset, length);
        }

        return length;
    }

    /// <summary>Windows does not take pages of a section back; those that are not used are moved to the page file.</summary>
    internal override void Discard(nint offset, nint length)
    {
    }

    internal override bool IsWritten(nint offset, nint length) => WindowsMemory.IsCommitted(Address + offset, length);

    private protected override void Unmap()
    {
        WindowsMemory.Unmap(Address);
        WindowsMemory.Close(_section);
    }

    private static MappedSection Map(nint section, nint length, bool isWritable)
    {
        try
        {
            return new MappedSection(section, WindowsMemory.Map(section, length, isWritable), length);
        }
        catch
        {
            WindowsMemory.Close(section);
            throw;
        }
    }
}
