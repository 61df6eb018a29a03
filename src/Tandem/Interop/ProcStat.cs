using System.Globalization;
using System.Text;

namespace Tandem.Interop;

/// <summary>What Linux tells of a process, or of one of its threads, in its file <c>stat</c> (proc(5)). Elsewhere there is none.</summary>
/// <param name="Name">The program's or the thread's, as far as the kernel keeps it: 15 bytes.</param>
/// <param name="State">R runs or may run, S and D sleep, T stopped, Z and X ended.</param>
/// <param name="ProcessorTime">In user and kernel mode.</param>
/// <param name="Threads">How many the process has.</param>
/// <param name="Started">Clock ticks after the system's start: tells a process from a later one of the same number.</param>
internal readonly record struct ProcStat(string Name, char State, TimeSpan ProcessorTime, int Threads, long Started)
{
    // USER_HZ, the same on every Linux that .NET runs on.
    private const int ClockTicksPerSecond = 100;

    // A name, and numbers of at most 20 digits in some 50 fields.
    private const int LongestFile = 1536;

    /// <summary>Ended, though nobody may have asked yet how.</summary>
    internal bool HasEnded => State is 'Z' or 'X';

    /// <summary>Null when there is no such process, or it may not be seen.</summary>
    internal static ProcStat? OfProcess(int processId) => Of(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}"));

    /// <summary>Null when there is no such thread, or it may not be seen.</summary>
    internal static ProcStat? OfThread(int processId, int threadId) => Of(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/task/{threadId}"));

    /// <param name="folder">Of a process or a thread, below <c>/proc</c>.</param>
    internal static ProcStat? Of(string folder)
    {
        // Without waste: some read this every second, of every process.
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

    /// <summary>Null for what is no such file.</summary>
    internal static ProcStat? Parse(ReadOnlySpan<byte> text)
    {
        // The name stands in parentheses, and may hold anything.
        int begin = text.IndexOf((byte)'('), end = text.LastIndexOf((byte)')');
        if (begin < 0 || end < begin || text.Length < end + 3)
            return null;

        string name = Encoding.UTF8.GetString(text[(begin + 1)..end]);
        ReadOnlySpan<byte> rest = text[(end + 2)..];
        long ticks = 0, threads = 0;
        int field = 3;
        foreach (Range range in rest.Split((byte)' '))
        {
            switch (field++)
            {
                case 14 or 15:
                    ticks += Number(rest[range]);
                    break;
                case 20:
                    threads = Number(rest[range]);
                    break;
                case 22:
                    return new ProcStat(name, (char)rest[0], TimeSpan.FromSeconds((double)ticks / ClockTicksPerSecond), (int)threads, Number(rest[range]));
            }
        }

        return null;
    }

    private static long Number(ReadOnlySpan<byte> text) => long.TryParse(text, CultureInfo.InvariantCulture, out long number) ? number : 0;
}
