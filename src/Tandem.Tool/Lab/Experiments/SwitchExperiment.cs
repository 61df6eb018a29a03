using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Tandem.Compare.Statistics;
using Tandem.Interop;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>
/// What a switch costs. Directly: two workers hand one byte to and fro by two pipes, as <c>perf bench sched pipe</c> does. Indirectly: the
/// same, while each goes through an array of its own between two switches, less what one worker alone takes for the same work; the method
/// of Li, Ding and Shen, "Quantifying the Cost of Context Switch", 2007.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class SwitchExperiment : LabExperiment
{
    private const int Line = 64;

    internal override string Name => "switch";

    internal override string Question => "What does it cost to switch between threads, and between processes?";

    internal override string Expected => "Switching processes costs more than switching threads, because the address space changes too; both cost more once caches must be filled again.";

    internal override async Task<LabResult> RunAsync(LabContext context)
    {
        int[] processors = Libc.GetProcessors();
        int trips = context.Times(60_000, 5_000);
        await using WorkerPool pool = WorkerPool.Processes(1);
        var direct = new List<Direct>();
        foreach ((string where, int mine, int other) in (ReadOnlySpan<(string, int, int)>)
            [("on one core", processors[0], processors[0]), ("on two cores", processors[0], processors[^1]), ("where the system likes", -1, -1)])
        {
            context.Begin($"direct, {where}");
            direct.Add(new Direct(
                where,
                RoundTrip(new Partners(context, pool, InProcess: false, mine, other), trips),
                RoundTrip(new Partners(context, pool, InProcess: true, mine, other), trips),
                mine == other ? Perf(mine, trips, threads: true) : null,
                mine == other ? Perf(mine, trips, threads: false) : null));
        }

        int[] sizes = context.IsQuick ? [1 << 12, 1 << 18] : [1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24, 1 << 26];
        double budget = context.IsQuick ? 0.05 : 0.4;
        var indirect = sizes.Select(size =>
        {
            context.Begin($"indirect, {LabFigures.Bytes(size)}");
            double alone = Alone(context, processors[0], size, budget);
            return (Size: size, Threads: Math.Max(0, Together(context, pool, false, processors[0], size, budget) - alone), Processes: Math.Max(0, Together(context, pool, true, processors[0], size, budget) - alone));
        }).ToArray();
        return Result(direct, indirect);
    }

    private static LabResult Result(List<Direct> direct, (int Size, double Threads, double Processes)[] indirect)
    {
        Direct pinned = direct[0];
        double ratio = pinned.Processes / pinned.Threads;
        var largest = indirect[^1];
        var result = new LabResult(
            $"There and back on one core: threads {LabFigures.Seconds(pinned.Threads)}, processes {LabFigures.Seconds(pinned.Processes)} ({LabFigures.Ratio(ratio)}); "
            + $"with {LabFigures.Bytes(largest.Size)} in use a switch costs {LabFigures.Seconds(largest.Threads)} and {LabFigures.Seconds(largest.Processes)}."
            + (pinned.PerfProcesses is { } perf ? $" perf bench sched pipe says {LabFigures.Seconds(perf)} for processes." : ""),
            ratio > 1.05 ? LabVerdict.Holds : LabVerdict.DoesNotHold);
        var table = new LabTable("One byte there and back (two switches)", ["where", "threads", "processes", "perf bench, threads", "perf bench, processes"]);
        foreach (Direct one in direct)
        {
            table.Row(one.Where, LabFigures.Seconds(one.Threads), LabFigures.Seconds(one.Processes), Perhaps(one.PerfThreads), Perhaps(one.PerfProcesses));
            string key = one.Where.Replace(' ', '_');
            Keep($"threads_{key}_seconds", one.Threads);
            Keep($"processes_{key}_seconds", one.Processes);
            Keep($"perf_threads_{key}_seconds", one.PerfThreads);
            Keep($"perf_processes_{key}_seconds", one.PerfProcesses);
        }

        var caches = new LabTable("One switch on one core, by how much memory each side goes through", ["memory of each", "threads", "processes"]);
        foreach ((int size, double threads, double processes) in indirect)
        {
            caches.Row(LabFigures.Bytes(size), LabFigures.Seconds(threads), LabFigures.Seconds(processes));
            Keep(string.Create(CultureInfo.InvariantCulture, $"threads_{size}_bytes_seconds"), threads);
            Keep(string.Create(CultureInfo.InvariantCulture, $"processes_{size}_bytes_seconds"), processes);
        }

        result.Tables.Add(table);
        result.Tables.Add(caches);
        result.Plots.Add((
            Charts.Dots("Cost of one switch", "time", [.. indirect.Select(static one => LabFigures.Bytes(one.Size))], [("threads", [.. indirect.Select(static one => one.Threads)]), ("processes", [.. indirect.Select(static one => one.Processes)])], LabFigures.Seconds),
            caches));
        return result;

        void Keep(string key, double? seconds)
        {
            if (seconds is { } value)
                result.Values[key] = value;
        }

        static string Perhaps(double? seconds) => seconds is { } value ? LabFigures.Seconds(value) : "";
    }

    /// <summary>The median of some runs, of one byte there and back.</summary>
    private static double RoundTrip(Partners partners, int trips) => Series.Median(Enumerable.Range(0, 5).Select(_ => partners.Run(trips / 5, 0)));

    /// <summary>With an array on each side: half of a round trip is one switch, and one way through an array.</summary>
    private static double Together(LabContext context, WorkerPool pool, bool inProcess, int processor, int size, double budget)
    {
        var partners = new Partners(context, pool, inProcess, processor, processor);
        int trips = Math.Clamp((int)(budget / (partners.Run(20, size) * 3)), 20, 20_000);
        return Series.Median(Enumerable.Range(0, 3).Select(_ => partners.Run(trips, size))) / 2;
    }

    /// <summary>The same without a switch: one thread goes through one array, and hands the byte to itself.</summary>
    private static double Alone(LabContext context, int processor, int size, double budget)
    {
        double result = 0;
        var thread = new Thread(() =>
        {
            Libc.TryPin(processor);
            using var pipe = new Pipe();
            byte[] array = GC.AllocateUninitializedArray<byte>(size, pinned: true);
            double once = Rounds(20);
            int rounds = Math.Clamp((int)(budget / (once * 3)), 20, 40_000);
            result = Series.Median(Enumerable.Range(0, 3).Select(_ => context.CancellationToken.IsCancellationRequested ? 0 : Rounds(rounds)));

            double Rounds(int count)
            {
                Span<byte> one = stackalloc byte[1];
                long start = Stopwatch.GetTimestamp();
                for (int i = 0; i < count; i++)
                {
                    Traverse(array);
                    pipe.Write(one);
                    pipe.ReadExactly(one);
                }

                return Stopwatch.GetElapsedTime(start).TotalSeconds / count;
            }
        });
        thread.Start();
        thread.Join();
        context.CancellationToken.ThrowIfCancellationRequested();
        return result;
    }

    /// <summary>Reads and writes one word of each cache line.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Traverse(byte[] array)
    {
        for (int i = 0; i < array.Length; i += Line)
            array[i]++;
    }

    /// <summary>What <c>perf bench sched pipe</c> measures in the same run; null where there is no perf.</summary>
    private static double? Perf(int processor, int trips, bool threads)
    {
        double? result = null;
        // The child runs where the thread that starts it does.
        var thread = new Thread(() =>
        {
            Libc.TryPin(processor);
            try
            {
                string[] arguments = ["bench", "sched", "pipe", "-l", trips.ToString(CultureInfo.InvariantCulture), .. threads ? (string[])["-T"] : []];
                using Process perf = Process.Start(new ProcessStartInfo("perf", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
                string output = perf.StandardOutput.ReadToEnd();
                perf.WaitForExit();
                if (Microseconds().Match(output) is { Success: true } match)
                    result = double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) / 1e6;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // Not installed.
            }
        });
        thread.Start();
        thread.Join();
        return result;
    }

    [GeneratedRegex(@"([0-9.]+)\s+usecs/op")]
    private static partial Regex Microseconds();

    private sealed record Direct(string Where, double Threads, double Processes, double? PerfThreads, double? PerfProcesses);

    /// <summary>Two workers, one of which is a thread of this process, and the other one too or a process.</summary>
    /// <param name="Context">Ends it between two runs.</param>
    /// <param name="Pool">Has the process.</param>
    /// <param name="InProcess">Whether the other one is a process.</param>
    /// <param name="Mine">On which processor the one runs; negative for any.</param>
    /// <param name="Other">On which the other.</param>
    private sealed record Partners(LabContext Context, WorkerPool Pool, bool InProcess, int Mine, int Other)
    {
        /// <summary>Seconds for each time there and back.</summary>
        internal double Run(int trips, int size)
        {
            Context.CancellationToken.ThrowIfCancellationRequested();
            using var there = new Pipe();
            using var back = new Pipe();
            (string input, string output, int processor) = (there.ReadPath, back.WritePath, Other);
            Task echo;
            if (InProcess)
            {
                echo = Pool.RunAsync(() => Echo(input, output, processor, trips, size));
            }
            else
            {
                echo = Task.Factory.StartNew(() => Echo(input, output, processor, trips, size), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }

            double seconds = 0;
            var thread = new Thread(() => seconds = Ping(there, back, trips, size));
            thread.Start();
            thread.Join();
            echo.Wait();
            return seconds;
        }

        private double Ping(Pipe there, Pipe back, int trips, int size)
        {
            Place(Mine);
            byte[] array = GC.AllocateUninitializedArray<byte>(size, pinned: true);
            Span<byte> one = stackalloc byte[1];
            back.ReadExactly(one); // the other one is there
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < trips; i++)
            {
                Traverse(array);
                there.Write(one);
                back.ReadExactly(one);
            }

            return Stopwatch.GetElapsedTime(start).TotalSeconds / trips;
        }

        private static void Echo(string input, string output, int processor, int trips, int size)
        {
            int[] before = Libc.GetProcessors();
            Place(processor);
            byte[] array = GC.AllocateUninitializedArray<byte>(size, pinned: true);
            using var pipe = Pipe.Open(input, output);
            Span<byte> one = stackalloc byte[1];
            pipe.Write(one);
            for (int i = 0; i < trips; i++)
            {
                pipe.ReadExactly(one);
                Traverse(array);
                pipe.Write(one);
            }

            Libc.TrySetProcessors(before); // the thread is not this experiment's alone
        }

        private static void Place(int processor)
        {
            if (processor >= 0)
                Libc.TryPin(processor);
        }
    }
}
