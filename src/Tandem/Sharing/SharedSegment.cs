using System.Runtime.ConstrainedExecution;
using System.Security.Cryptography;
using Tandem.Interop;
using Tandem.Serialization;

namespace Tandem.Sharing;

/// <summary>Where a segment can be opened: a descriptor of a process that has it, and what must be found there.</summary>
internal readonly record struct SegmentReference(Guid Id, int ProcessId, int Descriptor, long Length, bool IsReadOnly);

/// <summary>
/// The memory of one shared object as this process has it: a descriptor and a mapping of a memfd. The kernel counts the references:
/// the memory is gone with the last process that has closed it or died.
/// </summary>
/// <remarks>
/// Holds (see <see cref="TryHold"/>) keep the descriptor open beyond <see cref="Close"/>, so that an object can be disposed of while
/// work that captured it still waits for a worker.
/// </remarks>
internal sealed unsafe class SharedSegment : CriticalFinalizerObject, ILinkedMemory
{
    private const string Prefix = "tandem-shared";
    private const int Seals = Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_SEAL;

    private readonly Lock _lock = new();
    private readonly nint _length;
    private byte* _address;
    private int _fd;
    private int _holds;
    private bool _closed;

    private SharedSegment(int fd, byte* address, nint length, bool isReadOnly, bool isOwn)
    {
        _fd = fd;
        _address = address;
        _length = length;
        IsReadOnly = isReadOnly;
        IsOwn = isOwn;
        Id = Header->Id;
    }

    ~SharedSegment()
    {
        if (IsOwn && _address != null)
            Volatile.Write(ref Header->Closed, 1);
        Unmap();
        CloseDescriptor();
    }

    internal Guid Id { get; }

    /// <summary>Whether this process can only read it; the hardware refuses anything else.</summary>
    internal bool IsReadOnly { get; }

    /// <summary>Whether this process made it.</summary>
    internal bool IsOwn { get; }

    internal SegmentHeader* Header => (SegmentHeader*)_address;

    internal byte* Address => _address;

    internal nint Length => _length;

    /// <summary>Where the object's own data begin: after the first page, so that they are aligned like pages.</summary>
    internal static int DataOffset => Environment.SystemPageSize;

    internal byte* Data => _address + DataOffset;

    /// <summary>Makes a segment for a new object.</summary>
    /// <exception cref="PlatformNotSupportedException">The system has no memfd.</exception>
    internal static SharedSegment Create(SegmentKind kind, Type? element, int elementSize, long count, long dataLength)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("Objects that processes share need Linux; create it with Isolation.Thread.");

        nint length = checked((nint)(DataOffset + dataLength));
        int fd = Libc.MemfdCreate($"{Prefix}-{kind}", Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING);
        if (fd < 0)
            throw new IOException($"memfd_create failed: {Libc.LastError()}");

        try
        {
            if (Libc.Ftruncate(fd, length) != 0 || Libc.Fcntl(fd, Libc.F_ADD_SEALS, Seals) != 0)
                throw new IOException($"Shared memory of {length} bytes cannot be had: {Libc.LastError()}");

            byte* address = Map(fd, length, isReadOnly: false);
            *(SegmentHeader*)address = new SegmentHeader
            {
                Magic = SegmentHeader.ExpectedMagic,
                Version = SegmentHeader.ExpectedVersion,
                Id = new Guid(RandomNumberGenerator.GetBytes(16)),
                Kind = kind,
                ElementSize = elementSize,
                ElementType = Fingerprint(element),
                Count = count,
            };
            return new SharedSegment(fd, address, length, isReadOnly: false, isOwn: true);
        }
        catch
        {
            _ = Libc.Close(fd);
            throw;
        }
    }

    /// <summary>Opens what another process, or this one, wrote about a segment. Nothing of that is trusted.</summary>
    /// <exception cref="PayloadCorruptException">It is not there, or something else is.</exception>
    internal static SharedSegment Open(in SegmentReference reference)
    {
        // Looked at before it is opened: to open a pipe or a device could block, or do something.
        string path = $"/proc/{reference.ProcessId}/fd/{reference.Descriptor}";
        if (!OperatingSystem.IsLinux() || !Libc.ReadLink(path).StartsWith($"/memfd:{Prefix}", StringComparison.Ordinal))
            throw Gone(reference, "the process that sent it has closed it or ended");

        int mode = (reference.IsReadOnly ? Libc.O_RDONLY : Libc.O_RDWR) | Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY;
        int fd = Libc.Open(path, mode);
        if (fd < 0)
            throw Gone(reference, Libc.LastError());

        byte* address = null;
        nint length = (nint)reference.Length;
        try
        {
            // Sealed and as long as it is said to be: nobody can shrink it under this process, which would be SIGBUS here.
            if (length < DataOffset || Libc.Seek(fd, 0, Libc.SEEK_END) != length || (Libc.Fcntl(fd, Libc.F_GET_SEALS, 0) & Seals) != Seals)
                throw new PayloadCorruptException("a shared object that is not what its reference says");

            address = Map(fd, length, reference.IsReadOnly);
            var header = (SegmentHeader*)address;
            if (header->Magic != SegmentHeader.ExpectedMagic || header->Version != SegmentHeader.ExpectedVersion || header->Id != reference.Id)
                throw Gone(reference, "another one has its place");

            return new SharedSegment(fd, address, length, reference.IsReadOnly, isOwn: false);
        }
        catch
        {
            if (address != null)
                _ = Libc.Munmap((nint)address, length);
            _ = Libc.Close(fd);
            throw;
        }
    }

    /// <summary>A second mapping of the same memory, for reading only.</summary>
    internal SharedSegment OpenReadOnly() => Open(Reference() with { IsReadOnly = true });

    /// <summary>What another process needs in order to open it.</summary>
    internal SegmentReference Reference() => new(Id, Environment.ProcessId, _fd, _length, IsReadOnly);

    /// <summary>Keeps the descriptor open until <see cref="Release"/>; false when the object was disposed of before.</summary>
    public bool TryHold()
    {
        lock (_lock)
        {
            if (_closed)
                return false;

            _holds++;
            return true;
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            if (--_holds == 0 && _closed)
                CloseDescriptor();
        }
    }

    void ILinkedMemory.KeepUntilReceived() => SharedHousekeeping.KeepUntilReceived(this);

    void ILinkedMemory.CountArrival() => SharedHousekeeping.Received(this);

    /// <summary>The object is disposed of: gives up the descriptor, once nothing holds it, and the mapping if nobody can be using it.</summary>
    internal void Close(bool unmap)
    {
        lock (_lock)
        {
            if (_closed)
                return;

            _closed = true;
            if (IsOwn)
                Volatile.Write(ref Header->Closed, 1);
            if (_holds == 0)
                CloseDescriptor();
            if (unmap)
                Unmap();
        }
    }

    internal bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Tells types apart that both sides of one build name alike.</summary>
    internal static ulong Fingerprint(Type? type)
    {
        const ulong OffsetBasis = 14695981039346656037;
        const ulong Prime = 1099511628211;
        ulong hash = OffsetBasis;
        foreach (char c in type?.AssemblyQualifiedName ?? "")
            hash = unchecked((hash ^ c) * Prime);
        return hash;
    }

    private void CloseDescriptor()
    {
        if (Interlocked.Exchange(ref _fd, -1) is >= 0 and int fd)
            _ = Libc.Close(fd);
    }

    private void Unmap()
    {
        byte* address = _address;
        _address = null;
        if (address != null)
            _ = Libc.Munmap((nint)address, _length);
    }

    private static byte* Map(int fd, nint length, bool isReadOnly)
    {
        int protection = Libc.PROT_READ | (isReadOnly ? 0 : Libc.PROT_WRITE);
        nint address = Libc.Mmap(0, length, protection, Libc.MAP_SHARED | Libc.MAP_NORESERVE, fd, 0);
        return address != -1 ? (byte*)address : throw new IOException($"mmap of {length} shared bytes failed: {Libc.LastError()}");
    }

    private static PayloadCorruptException Gone(in SegmentReference reference, string why) =>
        new($"a shared object that process {reference.ProcessId} sent cannot be opened: {why}");
}
