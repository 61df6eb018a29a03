using System.Globalization;
using System.Text;

namespace Tandem.Interop;

/// <summary>The fields of a process's or thread's <c>stat</c> file (proc(5)). Linux only.</summary>
/// <param name="Name">The name of the program or thread, truncated to 15 bytes by the kernel.</param>
/// <param name="State">R: running or runnable; S and D: sleeping; T: stopped; Z and X: ended.</param>
/// <param name="PageFaults">
/// How many pages the process has touched for the first time, those of threads that have ended included. The kernel keeps this, unlike the
/// memory itself, until an ended process is reaped.
/// </param>
/// <param name="ProcessorTime">The time spent in user and kernel mode.</param>
/// <param name="Threads">The number of threads of the process.</param>
/// <param name="Started">
/// The start time in clock ticks after system boot. Distinguishes a process from a later one with the same id.
/// </param>
internal readonly record struct ProcStat(string Name, char State, long PageFaults, TimeSpan ProcessorTime, int Threads, long Started)
{
    // USER_HZ, the same on every Linux that .NET runs on.
    private const int ClockTicksPerSecond = 100;

    // The name, and about 50 numbers of at most 20 digits.
    private const int LongestFile = 1536;

    /// <summary>Whether the process has ended; it may not have been reaped yet.</summary>
    internal bool HasEnded => State is 'Z' or 'X';

    /// <summary>Returns null if there is no such process, or it is not visible.</summary>
    internal static ProcStat? OfProcess(int processId) => Of(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}"));

    /// <summary>Returns null if there is no such thread, or it is not visible.</summary>
    internal static ProcStat? OfThread(int processId, int threadId) =>
        Of(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/task/{threadId}"));

    /// <param name="folder">The folder of a process or thread below <c>/proc</c>.</param>
    internal static ProcStat? Of(string folder)
    {
        // Avoids allocations: some callers read this every second for every process.
        Span<byte> buffer = stackalloc byte[LongestFile];
        try
        {
            using var file = File.OpenHandle(folder + "/stat");
            return Parse(buffer[..RandomAccess.Read(file, buffer, 0)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Returns null if the text is not a valid stat file.</summary>
    internal static ProcStat? Parse(ReadOnlySpan<byte> text)
    {
        // The name is in parentheses and may contain any character.
        int begin = text.IndexOf((byte)'('), end = text.LastIndexOf((byte)')');
        if (begin < 0 || end < begin || text.Length < end + 3)
            return null;

        string name = Encoding.UTF8.GetString(text[(begin + 1)..end]);
        ReadOnlySpan<byte> rest = text[(end + 2)..];
        long faults = 0, ticks = 0, threads = 0;
        int field = 3;
        foreach (Range range in rest.Split((byte)' '))
        {
            switch (field++)
            {
                case 10:
                    faults = Number(rest[range]);
                    break;
                case 14 or 15:
                    ticks += Number(rest[range]);
                    break;
                case 20:
                    threads = Number(rest[range]);
                    break;
                case 22:
                    return new ProcStat(name, (char)rest[0], faults,
                        TimeSpan.FromSeconds((double)ticks / ClockTicksPerSecond), (int)threads, Number(rest[range]));
            }
        }

        return null;
    }

    private static long Number(ReadOnlySpan<byte> text) => long.TryParse(text, CultureInfo.InvariantCulture, out long number) ? number : 0;
}
