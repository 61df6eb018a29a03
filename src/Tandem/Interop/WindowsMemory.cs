using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Tandem.Interop;

/// <summary>Sections of the page file: memory that processes of Windows share by a name.</summary>
/// <remarks>
/// MemoryMappedFile cannot be used for large sparse sections: it commits all pages of a view at once.
/// </remarks>
[SupportedOSPlatform("windows")]
internal static unsafe partial class WindowsMemory
{
    private const string Library = "kernel32";
    private const uint PageReadWrite = 4;
    private const uint SecCommit = 0x8000000;
    private const uint SecReserve = 0x4000000;
    private const uint MapRead = 4;
    private const uint MapWrite = 2;
    private const uint MemCommit = 0x1000;
    private const int AlreadyExists = 183;

    /// <summary>Creates a section whose pages must be committed before they are used.</summary>
    /// <exception cref="IOException">The system refused, or the name exists.</exception>
    internal static nint CreateReserved(string name, nint length) => Create(name, length, SecReserve);

    /// <summary>Creates a section whose pages are all committed: they take memory once they are touched, but it is promised now.</summary>
    /// <exception cref="IOException">The page file is too small, or the name exists.</exception>
    internal static nint CreateCommitted(string name, nint length) => Create(name, length, SecCommit);

    private static nint Create(string name, nint length, uint kind)
    {
        nint section = CreateFileMapping(-1, null, PageReadWrite | kind, (uint)(length >> 32), (uint)length, name);
        int error = Marshal.GetLastPInvokeError();
        if (section != 0 && error != AlreadyExists)
            return section;

        if (section != 0)
            _ = CloseHandle(section);
        throw new IOException($"A section of {length} bytes could not be created: {new Win32Exception(error).Message}");
    }

    /// <exception cref="IOException">There is no such section.</exception>
    internal static nint OpenSection(string name, bool isWritable) =>
        OpenFileMapping(isWritable ? MapRead | MapWrite : MapRead, 0, name) is not 0 and var section
            ? section : throw Failure($"The section '{name}' could not be opened");

    /// <exception cref="IOException">The section is smaller, or there are not enough addresses.</exception>
    internal static byte* Map(nint section, nint length, bool isWritable)
    {
        byte* address = MapViewOfFile(section, isWritable ? MapRead | MapWrite : MapRead, 0, 0, length);
        return address != null ? address : throw Failure($"{length} bytes of a section could not be mapped");
    }

    internal static void Unmap(byte* address) => _ = UnmapViewOfFile(address);

    internal static void Close(nint section) => _ = CloseHandle(section);

    /// <summary>Commits pages of a view, for all processes that share the section.</summary>
    /// <exception cref="IOException">The page file is too small.</exception>
    internal static void Commit(byte* address, nint length)
    {
        if (VirtualAlloc(address, length, MemCommit, PageReadWrite) == null)
            throw Failure($"{length} bytes of memory could not be committed");
    }

    /// <summary>Whether all pages of a range are committed. Reading one that is not would be an access violation.</summary>
    internal static bool IsCommitted(byte* address, nint length)
    {
        for (byte* at = address; at < address + length;)
        {
            MemoryInformation information;
            if (VirtualQuery(at, &information, sizeof(MemoryInformation)) == 0 || information.State != MemCommit)
                return false;

            at = information.BaseAddress + information.RegionSize;
        }

        return true;
    }

    private static IOException Failure(string what) => new($"{what}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [LibraryImport(Library, EntryPoint = "CreateFileMappingW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial nint CreateFileMapping(nint file, void* attributes, uint protection, uint high, uint low, string name);

    [LibraryImport(Library, EntryPoint = "OpenFileMappingW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial nint OpenFileMapping(uint access, int inherits, string name);

    [LibraryImport(Library, SetLastError = true)]
    private static partial byte* MapViewOfFile(nint section, uint access, uint high, uint low, nint length);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int UnmapViewOfFile(byte* address);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int CloseHandle(nint handle);

    [LibraryImport(Library, SetLastError = true)]
    private static partial byte* VirtualAlloc(byte* address, nint length, uint type, uint protection);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint VirtualQuery(byte* address, MemoryInformation* information, nint length);

    /// <summary>The struct MEMORY_BASIC_INFORMATION of 64-bit Windows.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 48)]
    private struct MemoryInformation
    {
        [FieldOffset(0)] internal byte* BaseAddress;
        [FieldOffset(24)] internal nint RegionSize;
        [FieldOffset(32)] internal uint State;
    }
}
