using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;
using System.Text;
using Tandem.Interop;

namespace Tandem.Transport.Mapped;

/// <summary>
/// The folder of one pool, in which its workers find what they open. Only this user may enter it. A locked file in it shows that the pool
/// exists, so what a killed program left behind can be told apart and deleted: by its workers, or by the next program with such a pool.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class MappedFolder : IDisposable
{
    /// <summary>
    /// The path of a socket has 104 bytes on some systems, including a terminating zero. The rest is for the folder's own name and the name
    /// of a worker's socket.
    /// </summary>
    internal const int LongestParent = 104 - 1 - 40;

    private const string Prefix = "tandem-pool-";
    private const string LockName = "lock";

    /// <summary>A folder in memory with less space is not used: containers often have one of 64 MiB.</summary>
    private const long SmallestSpace = 1L << 30;

    private static int s_swept; // 1 once this process has looked for abandoned folders

    private readonly FileStream _lock; // locked for as long as it is open

    private MappedFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>The absolute path.</summary>
    internal string Path { get; }

    /// <exception cref="IOException">There is no place for it.</exception>
    internal static MappedFolder Create()
    {
        string temporary = System.IO.Path.GetTempPath();
        string parent = HasMemoryFolder() ? "/dev/shm" : IsUsable(temporary) ? temporary : IsUsable("/tmp") ? "/tmp"
            : throw new IOException(SystemLimits.TemporaryFolder(temporary, LongestParent).TrimEnd('.'));
        if (Interlocked.Exchange(ref s_swept, 1) == 0)
            DeleteAbandonedIn(parent);

        const int Attempts = 3; // another program that looks for abandoned folders may lock the file first
        for (int i = 0; i < Attempts; i++)
        {
            if (TryCreate(System.IO.Path.Combine(parent, Prefix + Guid.NewGuid().ToString("N")[..16])) is { } folder)
                return folder;
        }

        throw new IOException($"no file can be locked in '{parent}'");
    }

    /// <summary>
    /// Deletes a folder whose pool does not exist any more; false if it exists, or if another process is about to delete the folder.
    /// </summary>
    internal static bool TryDeleteAbandoned(string path)
    {
        try
        {
            using FileStream held = OpenLock(path, FileMode.Open);
            if (!Libc.TryLock((int)held.SafeFileHandle.DangerousGetHandle()))
                return false;

            Directory.Delete(path, recursive: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return !Directory.Exists(path);
        }
    }

    /// <summary>
    /// Called in a worker that exits because its parent has exited, or has closed its connection. Deletes the folder if the parent was
    /// killed and could not. A process that is killed closes its descriptors one after the other, so the lock may be released last.
    /// </summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "This process is about to exit.")]
    internal static void DeleteWithProgram(string path)
    {
        const int Attempts = 50; // half a second: if the parent lives, it kills this process
        for (int i = 0; i < Attempts && !TryDeleteAbandoned(path); i++)
            Thread.Sleep(10);
    }

    public void Dispose()
    {
        Delete(Path);
        _lock.Dispose();
    }

    private static MappedFolder? TryCreate(string path)
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        try
        {
            Directory.CreateDirectory(path, Private);
            FileStream held = OpenLock(path, FileMode.CreateNew);
            if (Libc.TryLock((int)held.SafeFileHandle.DangerousGetHandle()))
                return new MappedFolder(path, held);

            held.Dispose();
            Delete(path);
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
        catch (IOException) when (!Directory.Exists(path))
        {
            return null; // deleted before it was locked
        }
    }

    private static FileStream OpenLock(string folder, FileMode mode) =>
        new(System.IO.Path.Combine(folder, LockName), mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private static void Delete(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is gone already.
        }
    }

    private static void DeleteAbandonedIn(string parent)
    {
        try
        {
            foreach (string folder in Directory.EnumerateDirectories(parent, Prefix + "*"))
                TryDeleteAbandoned(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is left there is only untidy.
        }
    }

    /// <summary>Whether there is a folder whose files are in memory, so that nothing writes them to a disk.</summary>
    private static bool HasMemoryFolder()
    {
        const string Folder = "/dev/shm";
        try
        {
            return OperatingSystem.IsLinux() && IsUsable(Folder)
                && new DriveInfo(Folder) is { DriveFormat: "tmpfs", AvailableFreeSpace: >= SmallestSpace };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsUsable(string folder) =>
        Encoding.UTF8.GetByteCount(folder) <= LongestParent && Directory.Exists(folder) && Libc.IsWritable(folder);
}
