using System.Runtime.ConstrainedExecution;
using Tandem.Interop;
using Tandem.Serialization;

namespace Tandem.Sharing;

/// <summary>
/// This process's descriptor and mapping of the memory (a memfd) of one shared object. The kernel counts the references and frees the
/// memory when the last process has closed it or has exited.
/// </summary>
/// <remarks>
/// A hold (see <see cref="TryHold"/>) keeps the descriptor open after <see cref="Close"/>, so that an object can be disposed while work
/// that captured it is still queued.
/// </remarks>
internal sealed unsafe class SharedSegment : CriticalFinalizerObject, ILinkedMemory
{
    private const string Prefix = "tandem-shared";
    private const int Seals = Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_SEAL;

    private readonly Lock _lock = new(); // guards _holds and _closed
    private readonly nint _length; // in bytes, with the header's page
    private byte* _address; // null once unmapped
    private int _fd; // -1 once closed
    private int _holds; // keep the descriptor open after Close
    private bool _closed; // set when the object is disposed

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

    /// <summary>Whether this process can only read the memory. The hardware prevents writes.</summary>
    internal bool IsReadOnly { get; }

    /// <summary>Whether this process created the segment.</summary>
    internal bool IsOwn { get; }

    internal SegmentHeader* Header => (SegmentHeader*)_address;

    internal byte* Address => _address;

    internal nint Length => _length;

    /// <summary>The offset of the object's own data: the second page, so that the data is page-aligned.</summary>
    internal static int DataOffset => Environment.SystemPageSize;

    internal byte* Data => _address + DataOffset;

    /// <summary>Creates a segment for a new object.</summary>
    /// <exception cref="PlatformNotSupportedException">The system has no memfd.</exception>
    internal static SharedSegment Create(SegmentKind kind, Type? element, int elementSize, long count, long dataLength)
    {
        if (!OperatingSystem.IsLinux() || SystemCalls.Current is null)
            throw new PlatformNotSupportedException(
                "Only Linux on x64 and arm64 supports objects that processes share. Create the object with Isolation.Thread.");

        nint length = checked((nint)(DataOffset + dataLength));
        int fd = Libc.MemfdCreate($"{Prefix}-{kind}", Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING);
        if (fd < 0)
            throw new IOException($"memfd_create failed: {Libc.LastError()}");

        try
        {
            if (Libc.Ftruncate(fd, length) != 0 || Libc.Fcntl(fd, Libc.F_ADD_SEALS, Seals) != 0)
                throw new IOException($"The system did not provide {length} bytes of shared memory: {Libc.LastError()}");

            byte* address = Map(fd, length, isReadOnly: false);
            *(SegmentHeader*)address = new SegmentHeader
            {
                Magic = SegmentHeader.ExpectedMagic,
                Version = SegmentHeader.ExpectedVersion,
                Id = Guid.NewGuid(), // 122 random bits from the kernel
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

    /// <summary>Opens the segment that a reference of another process, or of this one, describes. The reference is not trusted.</summary>
    /// <exception cref="PayloadCorruptException">The descriptor is not open, or is not that segment.</exception>
    internal static SharedSegment Open(in SegmentReference reference)
    {
        // Check the path before opening it: opening a pipe or a device could block or have side effects.
        string path = $"/proc/{reference.ProcessId}/fd/{reference.Descriptor}";
        if (!OperatingSystem.IsLinux() || !Libc.ReadLink(path).StartsWith($"/memfd:{Prefix}", StringComparison.Ordinal))
            throw Gone(reference, "the process that sent it has closed it or has exited");

        int mode = (reference.IsReadOnly ? Libc.O_RDONLY : Libc.O_RDWR) | Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY;
        int fd = Libc.Open(path, mode);
        if (fd < 0)
            throw Gone(reference, Libc.LastError());

        byte* address = null;
        nint length = (nint)reference.Length;
        try
        {
            // The memory must be sealed and have the expected length. Otherwise another process could shrink it, which would cause SIGBUS
            // here.
            if (length < DataOffset || Libc.Seek(fd, 0, Libc.SEEK_END) != length || (Libc.Fcntl(fd, Libc.F_GET_SEALS, 0) & Seals) != Seals)
                throw new PayloadCorruptException("a shared object that does not match its reference");

            address = Map(fd, length, reference.IsReadOnly);
            var header = (SegmentHeader*)address;
            if (header->Magic != SegmentHeader.ExpectedMagic || header->Version != SegmentHeader.ExpectedVersion
                || header->Id != reference.Id)
                throw Gone(reference, "its descriptor now refers to another object");

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

    /// <summary>Creates a second, read-only mapping of the same memory.</summary>
    internal SharedSegment OpenReadOnly() => Open(Reference() with { IsReadOnly = true });

    /// <summary>Returns what another process needs to open the segment.</summary>
    internal SegmentReference Reference() => new(Id, Environment.ProcessId, _fd, _length, IsReadOnly);

    /// <summary>Keeps the descriptor open until <see cref="Release"/>; false if the object has already been disposed.</summary>
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

    /// <summary>
    /// Closes the segment when its object is disposed: the descriptor once no hold is left, and the mapping if <paramref name="unmap"/>
    /// is set.
    /// </summary>
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

    /// <summary>Returns a hash that distinguishes types; both sides run the same build and so use the same names.</summary>
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
