using System.Globalization;

namespace Tandem.Interop;

/// <summary>Measures the private memory of a process: its resident pages except those that it shares with others.</summary>
internal static class ProcessMemory
{
    /// <summary>Returns a size in bytes; 0 if it is not available, because the process has exited for example.</summary>
    internal static long PrivateBytes(int processId) =>
        OperatingSystem.IsLinux() ? Read($"/proc/{processId}/statm")
        : OperatingSystem.IsWindows() ? Kernel32.PrivateBytes(processId)
        : OperatingSystem.IsMacOS() ? Darwin.Footprint(processId)
        : 0;

    /// <summary>Formats a size, for example <c>12.5 MiB</c>.</summary>
    internal static string Display(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024):0.#} MiB");

    /// <summary>Returns the private memory of this process, in bytes.</summary>
    internal static long OwnPrivateBytes() =>
        OperatingSystem.IsLinux() ? Read("/proc/self/statm") : PrivateBytes(Environment.ProcessId);

    /// <summary>
    /// Returns the private memory that this process has committed, resident or not, in bytes. This is what RLIMIT_DATA limits on Linux, and
    /// a Job object on Windows; 0 on other systems.
    /// </summary>
    internal static long OwnCommittedBytes()
    {
        if (OperatingSystem.IsWindows())
            return Kernel32.PrivateBytes(Environment.ProcessId);

        Span<long> fields = stackalloc long[6];
        return ReadFields("/proc/self/statm", fields) ? fields[5] * Environment.SystemPageSize : 0;
    }

    // The fields of statm are size, resident, shared, text, lib and data, in pages. Shared pages are those of files and of memory that
    // other processes map too.
    private static long Read(string file)
    {
        Span<long> fields = stackalloc long[6];
        return ReadFields(file, fields) ? (fields[1] - fields[2]) * Environment.SystemPageSize : 0;
    }

    private static bool ReadFields(string file, Span<long> fields)
    {
        try
        {
            using var handle = File.OpenHandle(file);
            Span<byte> bytes = stackalloc byte[256];
            ReadOnlySpan<byte> text = bytes[..RandomAccess.Read(handle, bytes, 0)];
            int at = 0;
            foreach (Range range in text.Split((byte)' '))
            {
                if (at == fields.Length)
                    break;

                if (!long.TryParse(text[range].TrimEnd((byte)'\n'), CultureInfo.InvariantCulture, out fields[at++]))
                    return false;
            }

            return at == fields.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
