using Tandem.Interop;

namespace Tandem.Transport.SharedMemory;

/// <summary>
/// Anonymous shared memory (memfd). It has no name, leaves nothing on disk, and is freed with its last descriptor and mapping, also after
/// SIGKILL. Its size is sealed, so no process can shrink it, which would cause SIGBUS in the others.
/// </summary>
/// <remarks>Derived classes share memory in other ways. They have no descriptor that could be passed on.</remarks>
internal unsafe class SharedRegion : IDisposable
{
    private const int MaximumPrepared = 4096;

    private readonly nint _length;
    private byte* _address; // null once disposed
    private int _fd; // -1 once closed
    private int _readerFd = -1; // the same memory, which cannot be written through this descriptor; -1 if there is none, or once closed
    private Dictionary<nint, nint>? _prepared; // how many bytes were made present for reading, by the offset of their block

    private SharedRegion(int fd, byte* address, nint length)
    {
        _fd = fd;
        _address = address;
        _length = length;
    }

    /// <param name="address">Where the memory is mapped.</param>
    /// <param name="length">The size in bytes.</param>
    private protected SharedRegion(byte* address, nint length)
        : this(-1, address, length)
    {
    }

    internal byte* Address => _address;

    internal nint Length => _length;

    /// <summary>The descriptor, for passing the region to another process; -1 once closed.</summary>
    internal int Descriptor => _readerFd >= 0 ? _readerFd : _fd;

    /// <summary>Creates a region that this process may write.</summary>
    /// <param name="name">The name shown in /proc/PID/maps.</param>
    /// <param name="length">The size in bytes. Pages use memory only once they are touched.</param>
    /// <param name="othersReadOnly">
    /// Whether other processes can only read: they get a descriptor through which the kernel refuses writable mappings.
    /// </param>
    /// <remarks>
    /// The seal F_SEAL_FUTURE_WRITE would be stricter. But with it the kernel gives no page back either, so a pool would keep the memory of
    /// its largest arguments for as long as it lives. It is used where no such descriptor can be opened.
    /// </remarks>
    internal static SharedRegion Create(string name, nint length, bool othersReadOnly)
    {
        int fd = Libc.MemfdCreate(name, Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING);
        if (fd < 0)
            throw new IOException($"memfd_create failed: {Libc.LastError()}");

        byte* address = null;
        try
        {
            if (Libc.Ftruncate(fd, length) != 0)
                throw new IOException($"ftruncate of a shared region to {length} bytes failed: {Libc.LastError()}");

            address = Map(fd, length, writable: true);
            int reader = othersReadOnly ? OpenForReading(fd) : -1;
            int seals = Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | (othersReadOnly && reader < 0 ? Libc.F_SEAL_FUTURE_WRITE : 0) | Libc.F_SEAL_SEAL;
            if (Libc.Fcntl(fd, Libc.F_ADD_SEALS, seals) != 0)
            {
                string error = Libc.LastError();
                if (reader >= 0)
                    _ = Libc.Close(reader);
                throw new IOException($"Sealing a shared region failed: {error}");
            }

            return new SharedRegion(fd, address, length) { _readerFd = reader };
        }
        catch
        {
            if (address != null)
                _ = Libc.Munmap((nint)address, length);
            _ = Libc.Close(fd);
            throw;
        }
    }

    /// <summary>Maps a region whose descriptor was passed to this process, and takes ownership of the descriptor.</summary>
    internal static SharedRegion Open(int fd, nint length, bool writable) => new(fd, Map(fd, length, writable), length);

    /// <summary>Creates a region that another process writes, and maps it read-only.</summary>
    internal static SharedRegion CreateForOther(string name, nint length)
    {
        int fd = Libc.MemfdCreate(name, Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING);
        if (fd < 0)
            throw new IOException($"memfd_create failed: {Libc.LastError()}");

        if (Libc.Ftruncate(fd, length) == 0
            && Libc.Fcntl(fd, Libc.F_ADD_SEALS, Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_SEAL) == 0)
        {
            return Open(fd, length, writable: false);
        }

        string error = Libc.LastError();
        _ = Libc.Close(fd);
        throw new IOException($"Preparing a shared region of {length} bytes failed: {error}");
    }

    /// <summary>
    /// Makes a range present that is about to be read, unless that was done before. By one thread at a time. If the owner has meanwhile
    /// returned the pages to the system, they fault.
    /// </summary>
    internal void PrepareReading(nint offset, nint length)
    {
        if (length < PageFaults.Threshold)
            return;

        if (_prepared?.Count >= MaximumPrepared)
            _prepared.Clear(); // whatever another process says, this does not grow

        ref nint prepared = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_prepared ??= [], offset, out _);
        if (length > prepared)
        {
            PageFaults.PopulateForReading(_address + offset + prepared, length - prepared);
            prepared = length;
        }
    }

    /// <summary>Forgets what <see cref="PrepareReading"/> did, because pages are returned to the system in idle times.</summary>
    internal void ForgetPrepared() => _prepared = null;

    /// <summary>
    /// A range up to this size may be read even if it was never written: reading it costs memory at most. Beyond this size, or everywhere
    /// if it is 0, <see cref="IsWritten"/> must be asked first.
    /// </summary>
    internal virtual nint HarmlessLength => 1 << 20;

    /// <summary>Makes sure that a range can be written, where touching memory that the system cannot provide would end the process.</summary>
    /// <param name="offset">Where the range begins.</param>
    /// <param name="needed">How many bytes are needed.</param>
    /// <param name="available">How many bytes there are at most.</param>
    /// <returns>How many bytes can be written: at least <paramref name="needed"/>, at most <paramref name="available"/>.</returns>
    /// <exception cref="IOException">The system has no memory for that.</exception>
    internal virtual nint Commit(nint offset, nint needed, nint available) => available;

    /// <summary>Returns the pages of a range to the system. The range reads as zeros afterwards.</summary>
    internal virtual void Discard(nint offset, nint length) =>
        _ = Libc.Fallocate(_fd, Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE, offset, length);

    /// <summary>
    /// Whether a range was written completely; true as well if the system cannot tell. Reading a page that was never written would
    /// allocate memory for it.
    /// </summary>
    internal virtual bool IsWritten(nint offset, nint length) =>
        Libc.Seek(_fd, offset, Libc.SEEK_HOLE) is var hole && (hole < 0 || hole >= offset + length);

    /// <summary>Closes the descriptor once every process that needs it has its own. The mapping stays.</summary>
    internal void CloseDescriptor()
    {
        if (Interlocked.Exchange(ref _fd, -1) is >= 0 and int fd)
            _ = Libc.Close(fd);
        if (Interlocked.Exchange(ref _readerFd, -1) is >= 0 and int reader)
            _ = Libc.Close(reader);
    }

    public void Dispose()
    {
        CloseDescriptor();
        if (_address != null)
            Unmap();
        _address = null;
    }

    /// <summary>Opens the memory again, without the right to write. -1 if that is impossible, for example without /proc.</summary>
    private static int OpenForReading(int fd)
    {
        const uint ReadByOwner = 0b100_000_000;
        return Libc.Fchmod(fd, ReadByOwner) == 0 ? Libc.Open($"/proc/self/fd/{fd}", Libc.O_RDONLY | Libc.O_CLOEXEC) : -1;
    }

    /// <summary>Unmaps the memory, and releases what a derived class holds. Called once.</summary>
    private protected virtual void Unmap() => _ = Libc.Munmap((nint)_address, _length);

    private static byte* Map(int fd, nint length, bool writable)
    {
        int protection = Libc.PROT_READ | (writable ? Libc.PROT_WRITE : 0);
        nint address = Libc.Mmap(0, length, protection, Libc.MAP_SHARED | Libc.MAP_NORESERVE, fd, 0);
        return address != -1 ? (byte*)address : throw new IOException($"mmap of {length} shared bytes failed: {Libc.LastError()}");
    }
}
