using System.Runtime.Versioning;
using Tandem.Interop;
using Tandem.Transport.SharedMemory;

namespace Tandem.Transport.Mapped;

/// <summary>
/// A file that two processes map. It is sparse: a range gets memory when it is committed. Touching a page that the file system cannot
/// provide (a full disk, a small /dev/shm) would end the process with SIGBUS, so nothing writes to a range before it is committed.
/// </summary>
/// <remarks>
/// What protects the mapping from a file that shrinks, which would also cause SIGBUS: the file is created by this process only
/// (O_CREAT, O_EXCL) with mode 600, in a folder with mode 700 that has a random name. Its name is deleted as soon as both processes have
/// opened it. A worker opens the pool's arguments for reading only. It needs its own results file for writing, to commit ranges of it. So
/// code of the same user that means harm can shrink that file, as it can kill the parent. A worker that only misbehaves does not.
/// </remarks>
[UnsupportedOSPlatform("windows")]
internal sealed unsafe class MappedFile : SharedRegion
{
    private static readonly byte[] Zeros = new byte[64 * 1024];

    private readonly FileStream _file;
    private readonly CommittedRange _committed = new();

    private MappedFile(FileStream file, byte* address, nint length)
        : base(address, length) => _file = file;

    /// <summary>A hole that is read costs memory in a file system that is in memory, and there may be none left.</summary>
    internal override nint HarmlessLength => 0;

    private int FileDescriptor => (int)_file.SafeFileHandle.DangerousGetHandle();

    internal static MappedFile CreateNew(string path, nint length, bool isWritable)
    {
        FileStream file = OpenFile(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        try
        {
            if (Libc.Ftruncate((int)file.SafeFileHandle.DangerousGetHandle(), length) != 0)
                throw new IOException($"A file of {length} bytes could not be created in '{Path.GetDirectoryName(path)}': {Libc.LastError()}");

            return new MappedFile(file, Map(file, length, isWritable), length);
        }
        catch
        {
            file.Dispose();
            File.Delete(path);
            throw;
        }
    }

    internal static MappedFile OpenExisting(string path, nint length, bool isWritable)
    {
        FileStream file = OpenFile(path, new FileStreamOptions
        {
            Mode = FileMode.Open,
            Access = isWritable ? FileAccess.ReadWrite : FileAccess.Read,
        });
        try
        {
            if (file.Length < length)
                throw new IOException($"'{path}' has {file.Length} bytes instead of {length}");

            return new MappedFile(file, Map(file, length, isWritable), length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    internal override nint Commit(nint offset, nint needed, nint available)
    {
        nint parts = (needed + CommittedRange.Granule - 1) / CommittedRange.Granule;
        nint length = Math.Min(parts * CommittedRange.Granule, available);
        if (!_committed.Contains(offset, length))
        {
            if (!OperatingSystem.IsLinux() || !Libc.TryAllocate(FileDescriptor, offset, length))
                WriteZeros(offset, length);
            _committed.Add(offset, length);
        }

        return length;
    }

    internal override void Discard(nint offset, nint length)
    {
        // Other systems write the pages to the file if they need the memory.
        const int Hole = Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE;
        if (OperatingSystem.IsLinux() && Libc.Fallocate(FileDescriptor, Hole, offset, length) == 0)
            _committed.Remove(offset, length);
    }

    internal override bool IsWritten(nint offset, nint length) =>
        !OperatingSystem.IsLinux() // a hole that is read there is a page of the file cache, which the system takes back
        || (Libc.Seek(FileDescriptor, offset, Libc.SEEK_HOLE) is var hole && (hole < 0 || hole >= offset + length));

    private protected override void Unmap()
    {
        base.Unmap();
        _file.Dispose();
    }

    private void WriteZeros(nint offset, nint length)
    {
        for (nint at = offset; at < offset + length; at += Zeros.Length)
            RandomAccess.Write(_file.SafeFileHandle, Zeros.AsSpan(0, (int)Math.Min(Zeros.Length, offset + length - at)), at);
    }

    private static FileStream OpenFile(string path, FileStreamOptions options)
    {
        options.Share = FileShare.ReadWrite | FileShare.Delete;
        options.BufferSize = 0;
        try
        {
            return new FileStream(path, options);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private static byte* Map(FileStream file, nint length, bool isWritable)
    {
        int protection = Libc.PROT_READ | (isWritable ? Libc.PROT_WRITE : 0);
        nint address = Libc.Mmap(0, length, protection, Libc.MAP_SHARED, (int)file.SafeFileHandle.DangerousGetHandle(), 0);
        return address != -1 ? (byte*)address : throw new IOException($"mmap of {length} bytes of a file failed: {Libc.LastError()}");
    }
}
