using System.Runtime.ConstrainedExecution;
using System.Runtime.Versioning;
using Tandem.Interop;
using Tandem.Serialization;

namespace Tandem.Sharing;

/// <summary>
/// This process's handle and mapping of the memory of one shared object: a memfd on Linux, a section of the page file on Windows. The
/// kernel counts the references and frees the memory when the last process has closed it or has exited.
/// </summary>
/// <remarks>
/// A hold (see <see cref="TryHold"/>) keeps the handle open after <see cref="Close"/>, so that an object can be disposed while work
/// that captured it is still queued.
/// </remarks>
internal sealed unsafe class SharedSegment : CriticalFinalizerObject, ILinkedMemory
{
    private const string Prefix = "tandem-shared";
    private const int Seals = Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_SEAL;

    /// <summary>Memory of an array beyond this size may never be touched, so the collector is not told of it.</summary>
    private const long LargestPressure = 1 << 30;

    private readonly Lock _lock = new(); // guards _holds, _closed, _custodies, _isUsed and _pressure
    private readonly nint _length; // in bytes, with the header's page
    private byte* _address; // null once unmapped
    private nint _handle; // the descriptor, or the handle of the section; -1 once closed
    private int _holds; // keep the handle open after Close
    private bool _closed; // set when the object is disposed
    private bool _isUsed; // whether this program has a reference to the object
    private bool _isViewOfOwn; // whether this is a view of memory that this process owned when it created the view
    private int _custodies; // keep the object for a value that has not arrived yet
    private long _pressure; // what the garbage collector was told of, in bytes

    private SharedSegment(nint handle, byte* address, nint length, bool isReadOnly, bool isOwn)
    {
        _handle = handle;
        _address = address;
        _length = length;
        IsReadOnly = isReadOnly;
        IsOwn = isOwn;
        Id = Header->Id;
    }

    ~SharedSegment()
    {
        if (IsOwn && _address != null && !_closed)
            MarkClosed();
        Unmap();
        CloseHandle();
    }

    internal Guid Id { get; }

    /// <summary>Whether this process can only read the memory. The hardware prevents writes.</summary>
    internal bool IsReadOnly { get; }

    /// <summary>Whether this process created the segment, or took it over from a worker that did.</summary>
    internal bool IsOwn { get; private set; }

    bool ILinkedMemory.IsOwn => IsOwn || _isViewOfOwn;

    internal SegmentHeader* Header => (SegmentHeader*)_address;

    internal byte* Address => _address;

    internal nint Length => _length;

    /// <summary>The offset of the object's own data: the second page, so that the data is page-aligned.</summary>
    internal static int DataOffset => Environment.SystemPageSize;

    internal byte* Data => _address + DataOffset;

    /// <summary>Creates a segment for a new object.</summary>
    /// <exception cref="PlatformNotSupportedException">The system cannot share objects of this kind.</exception>
    internal static SharedSegment Create(SegmentKind kind, Type? element, int elementSize, long count, long dataLength)
    {
        if (ReasonAgainst(kind) is { } reason)
            throw new PlatformNotSupportedException($"{reason} Create the object with Isolation.Thread.");

        nint length = checked((nint)(DataOffset + dataLength));
        var id = Guid.NewGuid(); // 122 random bits from the kernel
        nint handle = OperatingSystem.IsWindows() ? WindowsMemory.CreateCommitted(NameOf(id), length) : CreateDescriptor(kind, length);
        try
        {
            byte* address = Map(handle, length, isReadOnly: false);
            *(SegmentHeader*)address = new SegmentHeader
            {
                Magic = SegmentHeader.ExpectedMagic,
                Version = SegmentHeader.ExpectedVersion,
                Id = id,
                Kind = kind,
                ElementSize = elementSize,
                ElementType = Fingerprint(element),
                Count = count,
            };
            return new SharedSegment(handle, address, length, isReadOnly: false, isOwn: true);
        }
        catch
        {
            CloseHandle(handle);
            throw;
        }
    }

    /// <summary>Opens the segment that a reference of another process, or of this one, describes. The reference is not trusted.</summary>
    /// <exception cref="PayloadCorruptException">The segment is not open in that process, or is not the one that was sent.</exception>
    internal static SharedSegment Open(in SegmentReference reference)
    {
        nint handle = OperatingSystem.IsWindows() ? OpenSection(in reference) : OpenDescriptor(in reference);
        byte* address = null;
        nint length = (nint)reference.Length;
        try
        {
            if (length < DataOffset || (!OperatingSystem.IsWindows() && !IsSealed((int)handle, length)))
                throw new PayloadCorruptException("a shared object that does not match its reference");

            address = Map(handle, length, reference.IsReadOnly);
            var header = (SegmentHeader*)address;
            if (header->Magic != SegmentHeader.ExpectedMagic || header->Version != SegmentHeader.ExpectedVersion
                || header->Id != reference.Id)
                throw Gone(reference, "its descriptor now refers to another object");

            return new SharedSegment(handle, address, length, reference.IsReadOnly, isOwn: false);
        }
        catch
        {
            if (address != null)
                Unmap(address, length);
            CloseHandle(handle);
            throw;
        }
    }

    /// <summary>Creates a second, read-only mapping of the same memory.</summary>
    internal SharedSegment OpenReadOnly()
    {
        SharedSegment view = Open(Reference() with { IsReadOnly = true });
        view._isViewOfOwn = IsOwn;
        return view;
    }

    /// <summary>Returns what another process needs to open the segment.</summary>
    internal SegmentReference Reference() => new(Id, Environment.ProcessId, OperatingSystem.IsWindows() ? 0 : (int)_handle, _length, IsReadOnly);

    /// <summary>Keeps the handle open until <see cref="Release"/>; false if the object has already been disposed.</summary>
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
                CloseHandle();
        }
    }

    /// <summary>
    /// Counts a use of the object: by this program, or by the custody of a value that has not arrived yet. False if the object has already
    /// been disposed.
    /// </summary>
    internal bool TryUse(bool isCustody)
    {
        lock (_lock)
        {
            if (_closed)
                return false;

            if (isCustody)
                _custodies++;
            else
                _isUsed = true;
            return true;
        }
    }

    /// <inheritdoc/>
    public void EndCustody(bool isOwned)
    {
        lock (_lock)
        {
            _custodies--;
            if (_closed)
                return;

            IsOwn |= isOwned;
            if (_custodies == 0 && !_isUsed)
                Close(unmap: true);
        }
    }

    void ILinkedMemory.OnTaken()
    {
        if (IsOwn || _isViewOfOwn)
            SharedObjects.Disown(Id);
        Disown(); // the object may have been disposed, and is then not known any more
        Release();
    }

    /// <summary>
    /// Another process owns the memory from now on. In most cases, the work that returned the object has no other reference to it. The
    /// garbage collector learns how much memory waits for it, because the object itself is small.
    /// </summary>
    internal void Disown()
    {
        lock (_lock)
        {
            if (!IsOwn && !_isViewOfOwn)
                return;

            IsOwn = _isViewOfOwn = false;
            if (_address == null)
                return;

            _pressure = Math.Min(_length, LargestPressure);
            GC.AddMemoryPressure(_pressure);
        }
    }

    void ILinkedMemory.KeepUntilReceived() => SharedHousekeeping.KeepUntilReceived(this);

    void ILinkedMemory.CountArrival() => SharedHousekeeping.Received(this);

    /// <summary>
    /// Closes the segment when its object is disposed: the handle once no hold is left, and the mapping if <paramref name="unmap"/>
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
                MarkClosed();
            if (_holds == 0)
                CloseHandle();
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

    /// <summary>Returns why this system cannot share objects of a kind between processes; null if it can.</summary>
    private static string? ReasonAgainst(SegmentKind kind)
    {
        if (kind is SegmentKind.Lock or SegmentKind.Channel)
        {
            return OperatingSystem.IsLinux() && SystemCalls.Current is not null ? null
                : "Only Linux, on x64 and arm64, supports locks and channels that processes share: it marks them when a process ends.";
        }

        return OperatingSystem.IsLinux() || OperatingSystem.IsWindows() ? null
            : "Only Linux and Windows support arrays and counters that processes share.";
    }

    /// <summary>The name of a section. It is gone with the last handle, so it exists for as long as a process can pass the object on.</summary>
    private static string NameOf(Guid id) => $"{Prefix}-{id:N}";

    private static nint CreateDescriptor(SegmentKind kind, nint length)
    {
        int fd = Libc.MemfdCreate($"{Prefix}-{kind}", Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING);
        if (fd < 0)
            throw new IOException($"memfd_create failed: {Libc.LastError()}");

        if (Libc.Ftruncate(fd, length) == 0 && Libc.Fcntl(fd, Libc.F_ADD_SEALS, Seals) == 0)
            return fd;

        string error = Libc.LastError();
        _ = Libc.Close(fd);
        throw new IOException($"The system did not provide {length} bytes of shared memory: {error}");
    }

    private static nint OpenDescriptor(in SegmentReference reference)
    {
        // Check the path before opening it: opening a pipe or a device could block or have side effects.
        string path = $"/proc/{reference.ProcessId}/fd/{reference.Descriptor}";
        if (!OperatingSystem.IsLinux() || !Libc.ReadLink(path).StartsWith($"/memfd:{Prefix}", StringComparison.Ordinal))
            throw Gone(reference, "the process that sent it has closed it or has exited");

        int mode = (reference.IsReadOnly ? Libc.O_RDONLY : Libc.O_RDWR) | Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY;
        int fd = Libc.Open(path, mode);
        return fd >= 0 ? fd : throw Gone(reference, Libc.LastError());
    }

    [SupportedOSPlatform("windows")]
    private static nint OpenSection(in SegmentReference reference)
    {
        try
        {
            return WindowsMemory.OpenSection(NameOf(reference.Id), isWritable: !reference.IsReadOnly);
        }
        catch (IOException e)
        {
            throw Gone(reference, e.Message);
        }
    }

    /// <summary>
    /// Whether the memory has the expected length and is sealed. Otherwise another process could shrink it, which would cause SIGBUS here.
    /// </summary>
    private static bool IsSealed(int fd, nint length) =>
        Libc.Seek(fd, 0, Libc.SEEK_END) == length && (Libc.Fcntl(fd, Libc.F_GET_SEALS, 0) & Seals) == Seals;

    /// <summary>Tells the other processes that the owner has disposed the object.</summary>
    private void MarkClosed()
    {
        if (!IsReadOnly)
        {
            Volatile.Write(ref Header->Closed, 1);
            return;
        }

        try
        {
            // The owner of a view cannot write through the view.
            SharedSegment writable = Open(Reference() with { IsReadOnly = false });
            Volatile.Write(ref writable.Header->Closed, 1);
            writable.Close(unmap: true);
        }
        catch (Exception e) when (e is PayloadCorruptException or IOException)
        {
            // The others then release the object in their next garbage collection.
        }
    }

    private void CloseHandle()
    {
        if (Interlocked.Exchange(ref _handle, -1) is not -1 and var handle)
            CloseHandle(handle);
    }

    private static void CloseHandle(nint handle)
    {
        if (OperatingSystem.IsWindows())
            WindowsMemory.Close(handle);
        else
            _ = Libc.Close((int)handle);
    }

    private void Unmap()
    {
        byte* address = _address;
        _address = null;
        if (address == null)
            return;

        Unmap(address, _length);
        if (_pressure > 0)
            GC.RemoveMemoryPressure(_pressure);
    }

    private static void Unmap(byte* address, nint length)
    {
        if (OperatingSystem.IsWindows())
            WindowsMemory.Unmap(address);
        else
            _ = Libc.Munmap((nint)address, length);
    }

    private static byte* Map(nint handle, nint length, bool isReadOnly)
    {
        if (OperatingSystem.IsWindows())
            return WindowsMemory.Map(handle, length, isWritable: !isReadOnly);

        int protection = Libc.PROT_READ | (isReadOnly ? 0 : Libc.PROT_WRITE);
        nint address = Libc.Mmap(0, length, protection, Libc.MAP_SHARED | Libc.MAP_NORESERVE, (int)handle, 0);
        return address != -1 ? (byte*)address : throw new IOException($"mmap of {length} shared bytes failed: {Libc.LastError()}");
    }

    private static PayloadCorruptException Gone(in SegmentReference reference, string why) =>
        new($"a shared object that process {reference.ProcessId} sent cannot be opened: {why}");
}
