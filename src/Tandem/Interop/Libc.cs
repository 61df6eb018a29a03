using System.Runtime.InteropServices;

namespace Tandem.Interop;

/// <summary>
/// The calls into the C library of Linux. Constants are those of the kernel's x86-64 and arm64 ABIs, which agree except for system call
/// numbers (<see cref="SystemCalls"/>). Of the signals, only SIGHUP, SIGINT, SIGKILL, SIGTERM, SIGTTIN and SIGTTOU have the same number on
/// macOS. Calls that can block do not use SuppressGCTransition, so they never delay a garbage collection.
/// </summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    internal const int EINTR = 4;
    internal const int EAGAIN = 11;
    internal const int SIGKILL = 9;
    internal const int SIGTERM = 15;
    internal const int SIGSTOP = 19;

    internal const int F_SETFD = 2;
    internal const int F_ADD_SEALS = 1033;
    internal const int F_GET_SEALS = 1034;
    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int FD_CLOEXEC = 1;
    internal const int F_SEAL_SEAL = 1;
    internal const int F_SEAL_SHRINK = 2;
    internal const int F_SEAL_GROW = 4;
    internal const int F_SEAL_FUTURE_WRITE = 16;

    internal const uint MFD_CLOEXEC = 1;
    internal const uint MFD_ALLOW_SEALING = 2;

    internal const int PROT_READ = 1;
    internal const int PROT_WRITE = 2;
    internal const int PROT_EXEC = 4;
    internal const int MAP_SHARED = 1;
    internal const int MAP_PRIVATE = 2;
    internal const int MAP_FIXED = 0x10;
    internal const int MAP_ANONYMOUS = 0x20;
    internal const int MAP_NORESERVE = 0x4000;
    internal const int FALLOC_FL_KEEP_SIZE = 1;
    internal const int FALLOC_FL_PUNCH_HOLE = 2;
    internal const int SEEK_END = 2;
    internal const int SEEK_HOLE = 4;

    internal const short POLLIN = 1;
    internal const short POLLOUT = 4;
    internal const int PR_SET_PDEATHSIG = 1;
    internal const int PR_SET_NAME = 15;
    internal const int AF_UNIX = 1;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int O_RDONLY = 0;
    internal const int O_RDWR = 2;
    internal const int O_NOCTTY = 0x100;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;
    internal const int EFD_CLOEXEC = 0x80000;

    private const int PidfdOpenNumber = 434;
    private const int FutexWaitVNumber = 449;
    private static readonly int FutexNumber = SystemCalls.Current?.Futex ?? SystemCalls.Unknown;
    private static readonly int GetTidNumber = SystemCalls.Current?.GetThreadId ?? SystemCalls.Unknown;
    private static readonly int SetRobustListNumber = SystemCalls.Current?.SetRobustList ?? SystemCalls.Unknown;

    private static readonly int SetSchedulingNumber = SystemCalls.Current?.SetScheduling ?? SystemCalls.Unknown;
    private static readonly int GetSchedulingNumber = SystemCalls.Current?.GetScheduling ?? SystemCalls.Unknown;
    private static readonly int StatXNumber = SystemCalls.Current?.StatX ?? SystemCalls.Unknown;

    /// <summary>Whether futex_waitv is known to be unavailable.</summary>
    private static volatile bool s_lacksFutexWaitV;

    /// <summary>Whether the C library is known to have no function statx.</summary>
    private static volatile bool s_lacksStatX;

    /// <summary>The kernel's struct futex_waitv.</summary>
    private struct FutexWaiter(int* word, int expected)
    {
        internal ulong Value = (uint)expected;
        internal ulong Word = (ulong)word;
        internal ulong Flags = 2; // FUTEX2_SIZE_U32, not FUTEX2_PRIVATE: other processes map the word too; the upper half is reserved
    }

    internal struct PollFd
    {
        internal int Fd;
        internal short Events;
        internal short Revents;
    }

    internal struct TimeSpec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }

    /// <summary>The kernel's struct iovec.</summary>
    internal struct IoVector
    {
        internal byte* Base;
        internal nint Length;
    }

    /// <summary>The struct msghdr of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        internal void* Name;
        internal int NameLength;
        internal IoVector* Vectors;
        internal nint VectorCount;
        internal byte* Control;
        internal nint ControlLength;
        internal int Flags;
    }

    [LibraryImport(Library, EntryPoint = "usleep")]
    internal static partial int SleepMicroseconds(uint microseconds);

    /// <summary>The struct flock of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileLock
    {
        internal short Type;
        internal short Whence;
        internal long Start;
        internal long Length;
        internal int Process;
    }

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int fd, int command, FileLock* argument);

    /// <summary>
    /// Locks one byte of a file for this open file description (F_OFD_SETLK); false if another one holds the lock. Closing the file
    /// unlocks it.
    /// </summary>
    internal static bool TryLockByte(int fd, long index)
    {
        const int F_OFD_SETLK = 37;
        const short F_WRLCK = 1;
        var byteLock = new FileLock { Type = F_WRLCK, Start = index, Length = 1 };
        return Fcntl(fd, F_OFD_SETLK, &byteLock) == 0;
    }

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    private static partial int LockFile(int fd, int operation);

    /// <summary>
    /// Locks a file for this open file description, on every Unix; false if another one holds a lock. Closing the file unlocks it.
    /// </summary>
    internal static bool TryLock(int fd)
    {
        const int LOCK_EX = 2, LOCK_NB = 4;
        return LockFile(fd, LOCK_EX | LOCK_NB) == 0;
    }

    [LibraryImport(Library, EntryPoint = "sendmsg", SetLastError = true)]
    internal static partial nint SendMessage(int socket, MessageHeader* message, int flags);

    [LibraryImport(Library, EntryPoint = "recvmsg", SetLastError = true)]
    internal static partial nint ReceiveMessage(int socket, MessageHeader* message, int flags);

    /// <summary>Accepts a connection. A receive time-out of the socket also applies to this call.</summary>
    [LibraryImport(Library, EntryPoint = "accept4", SetLastError = true)]
    internal static partial int Accept(int socket, void* address, void* length, int flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial long SysCall6(long number, nint a, nint b, nint c, nint d, nint e, nint f);

    /// <summary>
    /// Sleeps while *<paramref name="word"/> equals <paramref name="expected"/>. Any return means that the caller must check again.
    /// </summary>
    /// <remarks>Does not use FUTEX_PRIVATE, because two processes map the word.</remarks>
    internal static void FutexWait(int* word, int expected, int timeoutMilliseconds)
    {
        const int FUTEX_WAIT = 0;
        var timeout = new TimeSpec { Seconds = timeoutMilliseconds / 1000, Nanoseconds = timeoutMilliseconds % 1000 * 1_000_000L };
        SysCall6(FutexNumber, (nint)word, FUTEX_WAIT, expected, timeoutMilliseconds < 0 ? 0 : (nint)(&timeout), 0, 0);
    }

    /// <summary>
    /// Sleeps like <see cref="FutexWait"/> while both words have their expected values; false where the system cannot wait for two words
    /// (Linux before 5.16, some sandboxes).
    /// </summary>
    internal static bool TryFutexWait(int* first, int expectedFirst, int* second, int expectedSecond, int timeoutMilliseconds)
    {
        const int CLOCK_MONOTONIC = 1, EPERM = 1, ENOSYS = 38;
        if (s_lacksFutexWaitV)
            return false;

        FutexWaiter* waiters = stackalloc FutexWaiter[2] { new(first, expectedFirst), new(second, expectedSecond) };
        // The time-out is absolute. Stopwatch ticks are nanoseconds of this clock.
        long end = System.Diagnostics.Stopwatch.GetTimestamp() + timeoutMilliseconds * 1_000_000L;
        var timeout = new TimeSpec { Seconds = end / 1_000_000_000, Nanoseconds = end % 1_000_000_000 };
        if (SysCall6(FutexWaitVNumber, (nint)waiters, 2, 0, (nint)(&timeout), CLOCK_MONOTONIC, 0) < 0
            && Marshal.GetLastPInvokeError() is ENOSYS or EPERM)
            s_lacksFutexWaitV = true;

        return !s_lacksFutexWaitV;
    }

    /// <summary>
    /// Sleeps like <see cref="FutexWait"/>. Returns true only if a wake-up ended the sleep; false if the word had already changed, the
    /// time-out elapsed, or a signal arrived.
    /// </summary>
    internal static bool FutexSleep(int* word, int expected, int timeoutMilliseconds)
    {
        const int FUTEX_WAIT = 0;
        var timeout = new TimeSpec { Seconds = timeoutMilliseconds / 1000, Nanoseconds = timeoutMilliseconds % 1000 * 1_000_000L };
        return SysCall6(FutexNumber, (nint)word, FUTEX_WAIT, expected, (nint)(&timeout), 0, 0) == 0;
    }

    /// <summary>Wakes at most one sleeper. Returns whether there was one.</summary>
    internal static bool FutexWakeOne(int* word)
    {
        const int FUTEX_WAKE = 1;
        return SysCall6(FutexNumber, (nint)word, FUTEX_WAKE, 1, 0, 0, 0) > 0;
    }

    /// <summary>Returns the kernel's id of the calling thread; 0 if the number of the system call is not known.</summary>
    internal static int GetThreadId() => Math.Max(0, (int)SysCall6(GetTidNumber, 0, 0, 0, 0, 0, 0));

    /// <summary>Sets the calling thread's robust list: words that the kernel marks when the thread ends.</summary>
    internal static bool SetRobustList(void* head, nint size) => SysCall6(SetRobustListNumber, (nint)head, size, 0, 0, 0, 0) == 0;

    internal static void FutexWake(int* word)
    {
        const int FUTEX_WAKE = 1;
        SysCall6(FutexNumber, (nint)word, FUTEX_WAKE, int.MaxValue, 0, 0, 0);
    }

    internal static int PidfdOpen(int pid) => (int)SysCall6(PidfdOpenNumber, pid, 0, 0, 0, 0, 0);

    [LibraryImport(Library, EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MemfdCreate(string name, uint flags);

    [LibraryImport(Library, EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int TruncateFile(int fd, long length);

    /// <summary>
    /// Sets the size of a file. Above the process's limit for files it fails (EFBIG); the kernel would instead terminate the process with
    /// SIGXFSZ.
    /// </summary>
    internal static int Ftruncate(int fd, long length)
    {
        const int EFBIG = 27;
        if (SystemLimits.Limit(RLIMIT_FSIZE) is not { } limit || (ulong)length <= limit)
            return TruncateFile(fd, length);

        Marshal.SetLastPInvokeError(EFBIG);
        return -1;
    }

    [LibraryImport(Library, EntryPoint = "fchmod", SetLastError = true)]
    internal static partial int Fchmod(int fd, uint mode);

    /// <summary>
    /// Allocates a range of a file, so that writing to its mapping cannot fail; false if the file system does not support that.
    /// </summary>
    /// <exception cref="IOException">There is no space left, or a limit was reached.</exception>
    internal static bool TryAllocate(int fd, long offset, long length)
    {
        const int ENOSYS = 38, EOPNOTSUPP = 95;
        while (Fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, length) != 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case EINTR:
                    continue;
                case ENOSYS or EOPNOTSUPP:
                    return false;
                default:
                    throw new IOException(LastError());
            }
        }

        return true;
    }

    [LibraryImport(Library, EntryPoint = "fallocate", SetLastError = true)]
    internal static partial int Fallocate(int fd, int mode, long offset, long length);

    /// <remarks>off_t has 64 bits on both architectures.</remarks>
    [LibraryImport(Library, EntryPoint = "lseek", SetLastError = true)]
    internal static partial long Seek(int fd, long offset, int whence);

    [LibraryImport(Library, EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Mmap(nint address, nint length, int protection, int flags, int fd, long offset);

    [LibraryImport(Library, EntryPoint = "madvise", SetLastError = true)]
    internal static partial int Madvise(nint address, nint length, int advice);

    [LibraryImport(Library, EntryPoint = "mincore", SetLastError = true)]
    internal static partial int Mincore(nint address, nint length, byte* vector);

    [LibraryImport(Library, EntryPoint = "mprotect", SetLastError = true)]
    internal static partial int Mprotect(nint address, nint length, int protection);

    [LibraryImport(Library, EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Munmap(nint address, nint length);

    // open is variadic only for O_CREAT. Variadic integers are passed like fixed ones; see fcntl below.
    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, uint mode);

    internal static int Open(string path, int flags) => Open(path, flags, 0);

    /// <summary>
    /// Opens a file for appending, and creates it if necessary. Operations on the file do not block, as they could on a named pipe.
    /// </summary>
    internal static int OpenToAppend(string path)
    {
        const int O_WRONLY = 1, O_CREAT = 0x40, O_APPEND = 0x400;
        const uint ReadAndWriteForAll = 0b110_110_110; // restricted by the process's umask
        return Open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, ReadAndWriteForAll);
    }

    [LibraryImport(Library, EntryPoint = "isatty")]
    private static partial int IsATty(int fd);

    internal static bool IsTerminal(int fd) => IsATty(fd) == 1;

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    // fcntl is variadic; Linux passes variadic integers like fixed ones on x86-64 and arm64.
    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Fcntl(int fd, int command, int argument);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollFd* fds, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int fd, byte* buffer, nint count);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int IoControl(int fd, nuint request, int* argument);

    /// <summary>Whether a pipe holds bytes that were not read yet.</summary>
    internal static bool HoldsBytes(int fd)
    {
        nuint readable = OperatingSystem.IsLinux() ? 0x541Bu : 0x4004667Fu; // FIONREAD
        int count = 0;
        return IoControl(fd, readable, &count) == 0 && count > 0;
    }

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int fd, byte* buffer, nint count);

    internal const int MSG_DONTWAIT = 0x40;
    internal const int MSG_NOSIGNAL = 0x4000;

    /// <summary>
    /// Sends one byte on a connected socket without blocking, on every Unix. If the socket is full, the byte is dropped. The runtime
    /// ignores SIGPIPE.
    /// </summary>
    internal static void SendByte(int socket)
    {
        int dontWait = OperatingSystem.IsLinux() ? MSG_DONTWAIT : 0x80; // as in BSD
        byte one = 1;
        _ = Send(socket, &one, 1, dontWait);
    }

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(int socket, byte* buffer, nint count, int flags);

    [LibraryImport(Library, EntryPoint = "pipe2", SetLastError = true)]
    internal static partial int Pipe2(int* fds, int flags);

    [LibraryImport(Library, EntryPoint = "socketpair", SetLastError = true)]
    internal static partial int SocketPair(int domain, int type, int protocol, int* fds);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventFd(uint initial, int flags);

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int pid, int signal);

    [LibraryImport(Library, EntryPoint = "waitpid", SetLastError = true)]
    internal static partial int WaitPid(int pid, int* status, int options);

    [LibraryImport(Library, EntryPoint = "prctl", SetLastError = true)]
    internal static partial int Prctl(int option, nint a, nint b, nint c, nint d);

    [LibraryImport(Library, EntryPoint = "getppid")]
    internal static partial int GetParentPid();

    [LibraryImport(Library, EntryPoint = "setpgid", SetLastError = true)]
    internal static partial int SetProcessGroup(int pid, int group);

    [LibraryImport(Library, EntryPoint = "_exit")]
    internal static partial void ExitNow(int code);

    [LibraryImport(Library, EntryPoint = "posix_spawn")]
    internal static partial int PosixSpawn(int* pid, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_init")]
    internal static partial int SpawnActionsInit(void* actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_destroy")]
    internal static partial int SpawnActionsDestroy(void* actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_adddup2")]
    internal static partial int SpawnActionsAddDup2(void* actions, int from, int to);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SpawnActionsAddOpen(void* actions, int fd, string path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addchdir_np", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SpawnActionsAddChangeFolder(void* actions, string path);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_init")]
    internal static partial int SpawnAttributesInit(void* attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_destroy")]
    internal static partial int SpawnAttributesDestroy(void* attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setflags")]
    internal static partial int SpawnAttributesSetFlags(void* attributes, short flags);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setpgroup")]
    internal static partial int SpawnAttributesSetGroup(void* attributes, int group);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigmask")]
    internal static partial int SpawnAttributesSetSignalMask(void* attributes, void* set);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigdefault")]
    internal static partial int SpawnAttributesSetSignalDefault(void* attributes, void* set);

    internal const int RLIMIT_FSIZE = 1;
    internal const int RLIMIT_DATA = 2;
    internal const int RLIMIT_NPROC = 6;
    internal const int RLIMIT_NOFILE = 7;
    internal const int RLIMIT_AS = 9;

    /// <summary>The struct rlimit of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ResourceLimit
    {
        internal ulong Current;
        internal ulong Maximum;
    }

    [LibraryImport(Library, EntryPoint = "getrlimit", SetLastError = true)]
    internal static partial int GetResourceLimit(int resource, ResourceLimit* limit);

    [LibraryImport(Library, EntryPoint = "setrlimit", SetLastError = true)]
    internal static partial int SetResourceLimit(int resource, ResourceLimit* limit);

    [LibraryImport(Library, EntryPoint = "readlink", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ReadLink(string path, byte* buffer, nint size);

    /// <summary>Returns the path of this process's executable, or null. The runtime's own method takes 4 ms the first time.</summary>
    internal static string? ExecutablePath()
    {
        string path = ReadLink("/proc/self/exe");
        return path.Length is > 0 and < 4096 && !path.EndsWith(" (deleted)", StringComparison.Ordinal) ? path : null;
    }

    /// <summary>
    /// Returns the command line of this process, with the executable first; empty if the system does not provide it. Does not use the
    /// runtime's file API, which takes milliseconds the first time.
    /// </summary>
    internal static string[] CommandLine()
    {
        int fd = Open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return [];

        byte[] buffer = new byte[4096];
        int filled = 0;
        fixed (byte* start = buffer)
        {
            // The rest belongs to the program: the host's arguments come first.
            nint read;
            while (filled < buffer.Length && (read = Read(fd, start + filled, buffer.Length - filled)) > 0)
                filled += (int)read;
        }

        _ = Close(fd);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, filled).Split('\0');
    }

    [LibraryImport(Library, EntryPoint = "waitid", SetLastError = true)]
    private static partial int WaitId(int kind, int id, byte* information, int options);

    /// <summary>Finds a child that has exited, without reaping it.</summary>
    internal static bool PeekExited(out int processId)
    {
        const int P_ALL = 0;
        const int WNOHANG = 1;
        const int WEXITED = 4;
        const int WNOWAIT = 0x1000000;
        const int ProcessIdOffset = 16; // in siginfo_t of 64-bit Linux: three fields and padding
        byte* information = stackalloc byte[128];
        NativeMemory.Clear(information, 128);
        bool found = WaitId(P_ALL, 0, information, WNOHANG | WEXITED | WNOWAIT) == 0;
        processId = *(int*)(information + ProcessIdOffset);
        return found && processId > 0;
    }

    [LibraryImport(Library, EntryPoint = "execve", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, byte** arguments, byte** environment);

    /// <summary>Replaces this process's program (execve). Returns only on failure, with the reason.</summary>
    internal static string Execute(string path, string[] arguments, string[] environment)
    {
        using var first = new Tandem.Interop.NativeStrings(arguments);
        using var second = new Tandem.Interop.NativeStrings(environment);
        _ = Execute(path, first.Pointer, second.Pointer);
        return LastError();
    }

    [LibraryImport(Library, EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatXOfLibrary(int folder, string path, int flags, uint mask, byte* buffer);

    /// <summary>
    /// Reads the properties of a file, without following a symbolic link, into a struct statx, which is the same on all architectures.
    /// Uses the C library's function, which works on kernels without the system call too, or else the system call. False if there is no
    /// such file.
    /// </summary>
    private static bool StatX(string path, byte* buffer, bool byLibrary = true)
    {
        const int AT_FDCWD = -100;
        const int AT_SYMLINK_NOFOLLOW = 0x100;
        const uint STATX_BASIC_STATS = 0x7ff;
        if (byLibrary && !s_lacksStatX)
        {
            try
            {
                return StatXOfLibrary(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, buffer) == 0;
            }
            catch (EntryPointNotFoundException)
            {
                s_lacksStatX = true; // musl before 1.2.5
            }
        }

        nint name = Marshal.StringToCoTaskMemUTF8(path);
        long result = SysCall6(StatXNumber, AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, (nint)STATX_BASIC_STATS, (nint)buffer, 0);
        Marshal.FreeCoTaskMem(name);
        return result == 0;
    }

    [LibraryImport(Library, EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);

    internal static bool IsWritable(string path)
    {
        const int W_OK = 2;
        return Access(path, W_OK) == 0;
    }

    [LibraryImport(Library, EntryPoint = "geteuid")]
    internal static partial uint GetEffectiveUser();

    /// <summary>Returns the owner of a folder; null if there is no such folder, or it is a symbolic link.</summary>
    internal static uint? OwnerOfFolder(string path)
    {
        const int UidOffset = 20; // in struct statx
        const int ModeOffset = 28;
        byte* buffer = stackalloc byte[256];
        return StatX(path, buffer) && (*(ushort*)(buffer + ModeOffset) & 0xf000) == 0x4000
            ? *(uint*)(buffer + UidOffset)
            : null;
    }

    /// <summary>Returns the identity of a file, without following a symbolic link; null if there is no file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="byLibrary">Whether the C library's function may be used; false is for tests.</param>
    internal static FileIdentity? IdentityOf(string path, bool byLibrary = true)
    {
        const int ModeOffset = 28; // in struct statx
        const int InodeOffset = 32;
        const int DeviceOffset = 136; // the major and the minor number, 32 bits each
        byte* buffer = stackalloc byte[256];
        return StatX(path, buffer, byLibrary)
            ? new FileIdentity(*(ulong*)(buffer + DeviceOffset), *(ulong*)(buffer + InodeOffset), *(ushort*)(buffer + ModeOffset))
            : null;
    }

    [LibraryImport(Library, EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinkFile(string existing, string path);

    /// <summary>Creates a hard link; false if the name exists, or the file system does not support links.</summary>
    internal static bool TryLink(string existing, string path) => LinkFile(existing, path) == 0;

    [LibraryImport(Library, EntryPoint = "inotify_init1", SetLastError = true)]
    internal static partial int WatchInit(int flags);

    [LibraryImport(Library, EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int WatchAdd(int fd, string path, uint mask);

    [LibraryImport(Library, EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte* RealPath(string path, byte* resolved);

    /// <summary>Returns a path with all symbolic links resolved; null if there is no such file.</summary>
    internal static string? RealPath(string path)
    {
        byte* buffer = stackalloc byte[4096];
        return RealPath(path, buffer) == null ? null : Marshal.PtrToStringUTF8((nint)buffer);
    }

    /// <summary>Returns the target of a symbolic link; empty if there is no link.</summary>
    internal static string ReadLink(string link)
    {
        byte* buffer = stackalloc byte[4096];
        nint length = ReadLink(link, buffer, 4096);
        return System.Text.Encoding.UTF8.GetString(buffer, (int)Math.Max(0, length));
    }

    /// <summary>Describes the last error of a call with SetLastError, including the system limit that caused it, if one did.</summary>
    internal static string LastError() => SystemLimits.Explain(Marshal.GetLastPInvokeError(), Marshal.GetLastPInvokeErrorMessage());
}
