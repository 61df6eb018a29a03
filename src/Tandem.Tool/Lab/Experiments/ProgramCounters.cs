using System.Globalization;
using System.Runtime.Versioning;
using Tandem.Interop;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>Reads where the threads of a process are.</summary>
/// <param name="process">The process.</param>
/// <param name="threads">Its threads of interest.</param>
[SupportedOSPlatform("linux")]
internal sealed class ProgramCounters(int process, int[] threads)
{
    private const int SIGCONT = 18;
    private const int SIGSTOP = 19;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Stops the process, where and whenever its threads are.</summary>
    internal void Stop()
    {
        if (Libc.Kill(process, SIGSTOP) != 0)
            throw new LabException($"The worker process {process} has ended.");

        Await(() => threads.All(thread => ProcStat.OfThread(process, thread) is { State: 'T' }), "did not stop");
    }

    internal static void Continue(int process) => _ = Libc.Kill(process, SIGCONT);

    /// <summary>Waits until something is so.</summary>
    /// <exception cref="LabException">It did not become so.</exception>
    internal void Await(Func<bool> isSo, string otherwise)
    {
        long end = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        while (!isSo())
        {
            if (Environment.TickCount64 > end)
                throw new LabException($"The worker process {process} {otherwise} within {Limit.TotalSeconds} seconds.");

            _ = Libc.SleepMicroseconds(100);
        }
    }

    /// <summary>The place of a thread that neither runs nor waits in a system call; null for any other.</summary>
    /// <exception cref="LabException">The system does not tell.</exception>
    internal Place? Read(int thread)
    {
        string[] words;
        try
        {
            words = File.ReadAllText($"/proc/{process}/task/{thread}/syscall").Split(' ', StringSplitOptions.TrimEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"Where a thread is stands in /proc/PID/task/TID/syscall, which this system does not let one read: {e.Message} It takes a kernel with CONFIG_HAVE_ARCH_TRACEHOOK, and the right to trace one's own child processes.", e);
        }

        return words is ["-1", var stack, var counter] ? new Place(Parse(stack), Parse(counter)) : null;
    }

    /// <summary>How often a thread had to leave its processor although it had more to do.</summary>
    internal long Preemptions(int thread) => long.Parse(
        File.ReadLines($"/proc/{process}/task/{thread}/status").First(static line => line.StartsWith("nonvoluntary", StringComparison.Ordinal)).Split(':')[1], CultureInfo.InvariantCulture);

    private static long Parse(string word) => long.Parse(word.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <param name="Stack">The stack pointer.</param>
    /// <param name="Counter">The program counter.</param>
    internal readonly record struct Place(long Stack, long Counter);
}

/// <summary>Which method's code lies where, as the runtime writes it down for a process that it is told to.</summary>
internal sealed class CompiledMethods
{
    private readonly List<(long Start, long Length, string Name)> _methods;

    private CompiledMethods(List<(long Start, long Length, string Name)> methods) => _methods = methods;

    /// <summary>What has a worker's runtime write it down in a folder. It must be there when the worker starts.</summary>
    internal static void AddTo(IDictionary<string, string?> environment, string folder)
    {
        const string MapsOnly = "3";
        environment["DOTNET_PerfMapEnabled"] = MapsOnly;
        environment["DOTNET_PerfMapJitDumpPath"] = folder;
    }

    internal static CompiledMethods Read(string folder, int process)
    {
        string file = Path.Combine(folder, $"perf-{process}.map");
        var methods = new List<(long, long, string)>();
        foreach (string line in File.Exists(file) ? File.ReadLines(file) : [])
        {
            // The last one may be half written.
            if (line.Split(' ', 3) is [var start, var length, var name]
                && long.TryParse(start.Replace("0x", "", StringComparison.Ordinal), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out long first)
                && long.TryParse(length.Replace("0x", "", StringComparison.Ordinal), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out long bytes))
            {
                methods.Add((first, bytes, name));
            }
        }

        return new CompiledMethods(methods);
    }

    /// <summary>Where the code of a method begins; null when it is not known.</summary>
    internal (long Start, long Length)? Find(string name) =>
        _methods.FindIndex(one => one.Name.Contains(name, StringComparison.Ordinal)) is >= 0 and int index ? (_methods[index].Start, _methods[index].Length) : null;
}
