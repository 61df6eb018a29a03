using System.Globalization;

namespace Tandem.Supervision;

/// <summary>
/// Counts the processes of this control group that the kernel has killed for lack of memory (cgroup v2, memory.events).
/// </summary>
internal static class OutOfMemoryKiller
{
    private static readonly string? File = Find();

    /// <summary>Returns the count; 0 where the kernel does not provide it.</summary>
    internal static long Count()
    {
        if (File is null)
            return 0;

        try
        {
            foreach (string line in System.IO.File.ReadLines(File))
            {
                if (line.StartsWith("oom_kill ", StringComparison.Ordinal))
                    return long.Parse(line.AsSpan("oom_kill ".Length), CultureInfo.InvariantCulture);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // The count is not available.
        }

        return 0;
    }

    private static string? Find()
    {
        try
        {
            string own = System.IO.File.ReadLines("/proc/self/cgroup")
                .FirstOrDefault(static line => line.StartsWith("0::", StringComparison.Ordinal)) ?? "";
            string file = "/sys/fs/cgroup" + (own.Length > 3 ? own[3..] : "").TrimEnd('/') + "/memory.events";
            return System.IO.File.Exists(file) ? file : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
