using System.ComponentModel;
using System.Globalization;

namespace Tandem.Interop;

/// <summary>Says which limit of this process or machine a failure comes from, and what to do about it.</summary>
internal static unsafe class SystemLimits
{
    private const int EAGAIN = 11;
    private const int ENOMEM = 12;
    private const int ENFILE = 23;
    private const int EMFILE = 24;
    private const int EFBIG = 27;
    private const int ENOSPC = 28;

    /// <summary>Fewer than this are too few for a pool with some workers.</summary>
    private const ulong FewDescriptors = 256;

    /// <summary>What a worker takes while it starts, and what the runtime may need meanwhile to load an assembly or to write a line.</summary>
    private const int DescriptorsOfStart = 32;

    /// <summary>Under such a limit it is worth counting: the runtime raises its own limit as far as it may.</summary>
    private const ulong LowDescriptorLimit = 4096;

    /// <summary>Why no worker should be started now, though some descriptors are left; null when there are enough.</summary>
    /// <remarks>A program does not survive the last one: an assembly that could not be opened once cannot be loaded any more.</remarks>
    internal static string? TooFewDescriptors()
    {
        if (Limit(Libc.RLIMIT_NOFILE) is not { } limit || limit >= LowDescriptorLimit)
            return null;

        int open = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        return (ulong)(open + DescriptorsOfStart) <= limit ? null : $"{open} descriptors are open, and {Descriptors()}";
    }

    /// <summary>An error of a system call in words: the system's, and the limit behind it, where it is one.</summary>
    /// <param name="error">The error number.</param>
    /// <param name="message">What the system says of it.</param>
    internal static string Explain(int error, string message) => error switch
    {
        EMFILE => $"{message}: {Descriptors()}",
        ENFILE => $"{message}: the whole machine has no descriptor left (sysctl fs.file-max)",
        ENOMEM => $"{message}: {Memory()}",
        EFBIG => $"{message}: {FileSize()}",
        ENOSPC => $"{message}: the disk, or the memory for shared files (a mount such as /dev/shm), is full",
        _ => message,
    };

    /// <summary>The same for the start of a process or thread, for which "try again" has a meaning of its own.</summary>
    internal static string ExplainStart(int error, string message) => error == EAGAIN ? $"{message}: {Processes()}" : Explain(error, message);

    /// <summary>An exception in words, with the limit behind it, where it is one.</summary>
    internal static string Explain(Exception error) => error switch
    {
        Win32Exception system when !OperatingSystem.IsWindows() => ExplainStart(system.NativeErrorCode, system.Message),
        // What the runtime throws when the system has no thread for it.
        OutOfMemoryException when OperatingSystem.IsLinux() =>
            $"{error.Message.TrimEnd('.')}: {Processes()}; or {Memory()}{(Limit(Libc.RLIMIT_NOFILE) is < FewDescriptors ? $"; or {Descriptors()}" : "")}",
        _ => error.Message.TrimEnd('.'),
    };

    /// <summary>The limits that a process of this one's inherits and may have failed by; empty for none.</summary>
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
            hints.Add("the current folder does not exist any more; set Environment.CurrentDirectory to one that does");
        return string.Join("; ", hints);
    }

    /// <summary>What is wrong with a folder for temporary files; empty for nothing.</summary>
    internal static string TemporaryFolder(string folder, int longest)
    {
        if (!Directory.Exists(folder))
            return $"The folder for temporary files, '{folder}', does not exist; set TMPDIR to one that does.";
        if (!OperatingSystem.IsWindows() && !Libc.IsWritable(folder))
            return $"The folder for temporary files, '{folder}', may not be written to; set TMPDIR to one that may.";
        return longest > 0 && System.Text.Encoding.UTF8.GetByteCount(folder) > longest
            ? $"The path of the folder for temporary files, '{folder}', is too long for a socket in it; set TMPDIR to one of at most {longest} bytes."
            : "";
    }

    private static string Descriptors() =>
        $"this process may have {Number(Limit(Libc.RLIMIT_NOFILE))} descriptors open at once, of which a worker takes about 20 while it starts and 6 later. "
        + "Raise the limit (ulimit -n in a shell, LimitNOFILE= in systemd, --ulimit nofile= of a container)";

    private static string Processes() =>
        $"this user may have {Number(Limit(Libc.RLIMIT_NPROC))} processes and threads, and a container or service may have a limit of its own; a worker takes one process and about 10 threads. "
        + "Raise the limit (ulimit -u in a shell, TasksMax= in systemd, --pids-limit of a container), or use fewer workers";

    private static string Memory()
    {
        string limit = (Limit(Libc.RLIMIT_AS), Limit(Libc.RLIMIT_DATA)) switch
        {
            ({ } space, _) => $"this process may map {Size(space)} (ulimit -v), where the runtime and shared memory reserve far more than they use. Remove that limit, and limit the memory that is used instead (MemoryMax= in systemd, --memory of a container)",
            (_, { } data) => $"this process may have {Size(data)} of data (ulimit -d). Raise that limit",
            _ => "there is not enough memory for this; a container or service may have a limit (MemoryMax=, --memory), and the system may refuse what is reserved (sysctl vm.overcommit_memory)",
        };
        return limit;
    }

    private static string FileSize() =>
        $"this process may write files of {Number(Limit(Libc.RLIMIT_FSIZE))} bytes, which holds for shared memory as well. Raise the limit (ulimit -f in a shell, LimitFSIZE= in systemd), or use {nameof(WorkerTransport)}.{nameof(WorkerTransport.Portable)}";

    private static string Number(ulong? limit) => limit is { } number ? number.ToString("N0", CultureInfo.InvariantCulture) : "any number of";

    private static string Size(ulong bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20:N0} MiB");

    /// <summary>A limit of this process; null for none.</summary>
    internal static ulong? Limit(int resource)
    {
        if (!OperatingSystem.IsLinux())
            return null;

        Libc.ResourceLimit limit;
        return Libc.GetResourceLimit(resource, &limit) == 0 && limit.Current < long.MaxValue ? limit.Current : null;
    }
}
