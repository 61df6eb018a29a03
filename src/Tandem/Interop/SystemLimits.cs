using System.ComponentModel;
using System.Globalization;

namespace Tandem.Interop;

/// <summary>Explains which limit of this process or machine caused a failure, and how to change it.</summary>
internal static unsafe class SystemLimits
{
    private static readonly int EAGAIN = OperatingSystem.IsMacOS() || OperatingSystem.IsFreeBSD() ? 35 : 11;
    private const int ENOMEM = 12;
    private const int ENFILE = 23;
    private const int EMFILE = 24;
    private const int EFBIG = 27;
    private const int ENOSPC = 28;

    /// <summary>A limit below this is too low for a pool with several workers.</summary>
    private const ulong FewDescriptors = 256;

    /// <summary>
    /// The descriptors that a worker needs while it starts, plus a reserve for the runtime to load an assembly or write a line.
    /// </summary>
    private const int DescriptorsOfStart = 32;

    /// <summary>
    /// Open descriptors are counted only if the limit is below this: the runtime raises its own limit as far as it may.
    /// </summary>
    private const ulong LowDescriptorLimit = 4096;

    /// <summary>Returns why a worker must not be started now because few descriptors are left; null if there are enough.</summary>
    /// <remarks>
    /// A program does not survive the use of its last descriptor: if an assembly cannot be opened once, it can never be loaded.
    /// </remarks>
    internal static string? TooFewDescriptors()
    {
        if (Limit(Libc.RLIMIT_NOFILE) is not { } limit || limit >= LowDescriptorLimit)
            return null;

        int open = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        return (ulong)(open + DescriptorsOfStart) <= limit ? null : $"{open} descriptors are open, and {Descriptors()}";
    }

    /// <summary>Describes an error of a system call: the system's message, and the limit that caused it, if one did.</summary>
    /// <param name="error">The error number.</param>
    /// <param name="message">The system's message.</param>
    internal static string Explain(int error, string message) => error switch
    {
        EMFILE => $"{message}: {Descriptors()}",
        ENFILE => $"{message}: no descriptor is left on the whole machine (sysctl fs.file-max)",
        ENOMEM => $"{message}: {Memory()}",
        EFBIG => $"{message}: {FileSize()}",
        ENOSPC => $"{message}: the disk, or the memory for shared files (a mount such as /dev/shm), is full",
        _ => message,
    };

    /// <summary>The same for the start of a process or thread, where EAGAIN means that a limit was reached.</summary>
    internal static string ExplainStart(int error, string message) =>
        error == EAGAIN ? $"{message}: {Processes()}" : Explain(error, message);

    /// <summary>Describes an exception, including the limit that caused it, if one did.</summary>
    internal static string Explain(Exception error) => error switch
    {
        Win32Exception system when !OperatingSystem.IsWindows() => ExplainStart(system.NativeErrorCode, system.Message),
        // The runtime throws this if the system cannot create a thread.
        OutOfMemoryException when OperatingSystem.IsLinux() =>
            $"{error.Message.TrimEnd('.')}: {Processes()}; or {Memory()}"
                + (Limit(Libc.RLIMIT_NOFILE) is < FewDescriptors ? $"; or {Descriptors()}" : ""),
        _ => error.Message.TrimEnd('.'),
    };

    /// <summary>Returns the limits that a child process inherits and that may have caused its failure; empty for none.</summary>
    internal static string Hints()
    {
        if (!OperatingSystem.IsLinux())
            return "";

        List<string> hints = [];
        if (Limit(Libc.RLIMIT_AS) is not null || Limit(Libc.RLIMIT_DATA) is not null)
            hints.Add(Memory());
        if (Limit(Libc.RLIMIT_NOFILE) is < FewDescriptors)
            hints.Add(Descriptors());
        if (Limit(Libc.RLIMIT_FSIZE) is not null)
            hints.Add(FileSize());
        if (!Path.Exists(Libc.ReadLink("/proc/self/cwd")))
            hints.Add("the current folder does not exist any more; set Environment.CurrentDirectory to an existing folder");
        return string.Join("; ", hints);
    }

    /// <summary>Explains why a folder for temporary files cannot be used; empty if it can.</summary>
    internal static string TemporaryFolder(string folder, int longest)
    {
        if (!Directory.Exists(folder))
            return $"The folder for temporary files, '{folder}', does not exist; set TMPDIR to an existing folder.";
        if (!OperatingSystem.IsWindows() && !Libc.IsWritable(folder))
            return $"The folder for temporary files, '{folder}', is not writable; set TMPDIR to a writable folder.";
        return longest > 0 && System.Text.Encoding.UTF8.GetByteCount(folder) > longest
            ? $"The path of the folder for temporary files, '{folder}', is too long for a socket in it; "
                + $"set TMPDIR to one of at most {longest} bytes."
            : "";
    }

    /// <summary>Whether this process has a limit that applies to shared memory, used or not (ulimit -v, ulimit -f).</summary>
    internal static bool LimitsMappings => Limit(Libc.RLIMIT_AS) is not null || Limit(Libc.RLIMIT_FSIZE) is not null;

    private static string Descriptors() =>
        $"this process may have {Number(Limit(Libc.RLIMIT_NOFILE))} descriptors open at once, "
        + "and each worker needs about 20 while it starts and 6 later. "
        + "Raise the limit (ulimit -n in a shell, LimitNOFILE= in systemd, --ulimit nofile= of a container)";

    private static string Processes() =>
        $"this user may have {Number(Limit(Libc.RLIMIT_NPROC))} processes and threads, and a container or service may have its own limit; "
        + "each worker needs one process and about 10 threads. "
        + "Raise the limit (ulimit -u in a shell, TasksMax= in systemd, --pids-limit of a container), or use fewer workers";

    private static string Memory()
    {
        string limit = (Limit(Libc.RLIMIT_AS), Limit(Libc.RLIMIT_DATA)) switch
        {
            ({ } space, _) => $"this process may map at most {Size(space)} (ulimit -v), "
                + "but the runtime and shared memory reserve far more than they use. "
                + "Remove that limit, and limit the memory that is used instead (MemoryMax= in systemd, --memory of a container)",
            (_, { } data) => $"this process may have at most {Size(data)} of data (ulimit -d). Raise that limit",
            _ => "there is not enough memory for this; a container or service may have a limit (MemoryMax=, --memory), "
                + "and the system may refuse to reserve memory (sysctl vm.overcommit_memory)",
        };
        return limit;
    }

    private static string FileSize() =>
        $"this process may write files of at most {Number(Limit(Libc.RLIMIT_FSIZE))} bytes, and the limit also applies to shared memory. "
        + "Raise the limit (ulimit -f in a shell, LimitFSIZE= in systemd), "
        + $"or use {nameof(WorkerTransport)}.{nameof(WorkerTransport.Portable)}";

    private static string Number(ulong? limit) =>
        limit is { } number ? number.ToString("N0", CultureInfo.InvariantCulture) : "any number of";

    private static string Size(ulong bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20:N0} MiB");

    /// <summary>Returns a limit of this process; null for none.</summary>
    internal static ulong? Limit(int resource)
    {
        if (!OperatingSystem.IsLinux())
            return null;

        Libc.ResourceLimit limit;
        return Libc.GetResourceLimit(resource, &limit) == 0 && limit.Current < long.MaxValue ? limit.Current : null;
    }
}
