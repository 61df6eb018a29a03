using System.Globalization;

namespace Tandem.Sharing;

/// <summary>Whether a process that is dying has no thread left that could still write into shared memory.</summary>
/// <remarks>
/// The kernel marks the dead one's words when the keeper's thread ends; its siblings get the same signal, and may run for some
/// microseconds more. What repairs waits for them, so that nobody writes into what it repairs.
/// </remarks>
internal static class ProcessEnd
{
    private const int LongestWait = 1000;

    /// <summary>Returns once a process whose keeper has ended has ended altogether; or after a second, if its number was given to another.</summary>
    internal static void Await(int pid)
    {
        long start = Environment.TickCount64;
        while (pid > 0 && pid != Environment.ProcessId && HasThreads(pid) && Environment.TickCount64 - start < LongestWait)
            Thread.Sleep(0);
    }

    private static bool HasThreads(int pid)
    {
        try
        {
            // "pid (name) state ppid … num_threads", the name in parentheses may hold anything.
            string stat = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is not ("Z" or "X") || (fields.Length > 17 && fields[17] != "1" && fields[17] != "0");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false; // gone
        }
    }
}
