using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Tandem.Interop;
using Tandem.Tool.Lab.Deciding;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>
/// Measures the cost of a context switch. Direct cost: two workers pass one byte to each other over two pipes, as <c>perf bench sched
/// pipe</c> does. Indirect cost: the same, while each walks through its own array between two switches, minus the time that one worker
/// alone needs for the same work; this is the method of Li, Ding and Shen, "Quantifying the Cost of Context Switch", 2007.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class SwitchExperiment : LabExperiment
{
    private const int Line = 64;
    private const int FewestTrips = 10;
    private const string OnOneCore = "on one core";

    internal override string Name => "switch";

    internal override string Question => "What does it cost to switch between threads, and between processes?";

    internal override string Expected =>
        "Switching processes costs more than switching threads, because the address space changes too; "
        + "both cost more once caches must be filled again.";

    internal override async Task<LabResult> RunAsync(LabContext context)
    {
        int[] processors = Libc.GetProcessors();
        int trips = context.Times(60_000, 5_000), wanted = context.Times(5, 3);
        await using WorkerPool pool = WorkerPool.Processes(1);
        (string Where, int Mine, int Other)[] places =
        [
            (OnOneCore, processors[0], processors[0]), ("on two cores", processors[0], processors[^1]),
            ("where the system likes", -1, -1)
        ];
        int[] sizes = context.IsQuick ? [1 << 12, 1 << 18] : [1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24, 1 << 26];
        double budget = (context.IsQuick ? 0.05 : 0.4) / wanted;
        LabRounds rounds = await LabRounds.MeasureAsync(context, ClaimsFor(context.IsQuick ? 1 << 18 : 1 << 24), wanted, round =>
        {
            var figures = new Dictionary<string, double>();
            // The order changes from round to round.
            bool[] kinds = round % 2 == 0 ? [false, true] : [true, false];
            foreach ((string where, int mine, int other) in places)
            {
                context.Begin($"direct, {where}");
                foreach (bool isProcess in kinds)
                    figures[Direct(isProcess, where)] = new Partners(context, pool, isProcess, mine, other).Run(trips / wanted, 0);
            }

            foreach (int size in sizes)
            {
                context.Begin($"indirect, {LabFigures.Bytes(size)}");
                double alone = Alone(context, processors[0], size, budget);
                foreach (bool isProcess in kinds)
                    figures[Indirect(isProcess, size)] = Together(context, pool, isProcess, processors[0], size, budget) - alone;
            }

            return Task.FromResult(figures);
        }).ConfigureAwait(false);
        context.Begin("what perf says");
        return Result(
            rounds,
            [.. places.Select(static place => place.Where)],
            sizes,
            Perf(processors[0], trips, threads: true),
            Perf(processors[0], trips, threads: false));
    }

    private static LabClaim[] ClaimsFor(int large) =>
    [
        new RatioClaim(
            "switching processes costs more than switching threads",
            Direct(isProcess: true, OnOneCore),
            Direct(isProcess: false, OnOneCore),
            1.05),
        new RatioClaim(
            "a switch of threads costs more once caches must be filled again",
            Indirect(isProcess: false, large),
            Indirect(isProcess: false, 1 << 12),
            1.1),
        new RatioClaim("and so does one of processes", Indirect(isProcess: true, large), Indirect(isProcess: true, 1 << 12), 1.1),
    ];

    private static string Kind(bool isProcess) => isProcess ? "processes" : "threads";

    private static string Direct(bool isProcess, string where) => $"{Kind(isProcess)}_{where.Replace(' ', '_')}_seconds";

    private static string Indirect(bool isProcess, int size) => FormattableString.Invariant($"{Kind(isProcess)}_{size}_bytes_seconds");

    private static LabResult Result(LabRounds rounds, string[] places, int[] sizes, double? perfThreads, double? perfProcesses)
    {
        double Time(bool isProcess, string where) => rounds.Median(Direct(isProcess, where));
        // The difference of two times: if the noise is as large as the difference, it is not shown.
        double? Cost(bool isProcess, int size) => rounds.Clear(Indirect(isProcess, size));
        static string Perhaps(double? seconds, string otherwise) => seconds is { } value ? LabFigures.Seconds(value) : otherwise;

        const string Unclear = "unclear";
        int largest = sizes[^1];
        double threads = Time(false, OnOneCore), processes = Time(true, OnOneCore);
        var result = new LabResult(
            $"There and back on one core: threads {LabFigures.Seconds(threads)}, processes {LabFigures.Seconds(processes)} "
            + $"({LabFigures.Ratio(processes / threads)}); "
            + $"with {LabFigures.Bytes(largest)} in use a switch of threads costs {Perhaps(Cost(false, largest), Unclear)}, "
            + $"of processes {Perhaps(Cost(true, largest), Unclear)}."
            + (perfProcesses is { } perf ? $" perf bench sched pipe says {LabFigures.Seconds(perf)} for processes." : ""),
            rounds.Decision);
        var table = new LabTable(
            "One byte there and back (two switches)",
            ["where", "threads", "processes", "perf bench, threads", "perf bench, processes"]);
        foreach (string where in places)
        {
            bool hasPerf = where == OnOneCore;
            table.Row(
                where,
                LabFigures.Seconds(Time(false, where)),
                LabFigures.Seconds(Time(true, where)),
                Perhaps(hasPerf ? perfThreads : null, ""),
                Perhaps(hasPerf ? perfProcesses : null, ""));
            Keep(Direct(false, where), Time(false, where));
            Keep(Direct(true, where), Time(true, where));
        }

        Keep("perf_threads_on_one_core_seconds", perfThreads);
        Keep("perf_processes_on_one_core_seconds", perfProcesses);
        var caches = new LabTable(
            "One switch on one core, by how much memory each side goes through", ["memory of each", "threads", "processes"]);
        foreach (int size in sizes)
        {
            caches.Row(LabFigures.Bytes(size), Perhaps(Cost(false, size), Unclear), Perhaps(Cost(true, size), Unclear));
            Keep(Indirect(false, size), Cost(false, size));
            Keep(Indirect(true, size), Cost(true, size));
        }

        result.Tables.Add(table);
        result.Tables.Add(caches);
        int[] clear = [.. sizes.Where(size => Cost(false, size) is not null && Cost(true, size) is not null)];
        if (clear.Length > 0)
        {
            result.Plots.Add((
                Charts.Dots(
                    "Cost of one switch",
                    "time",
                    [.. clear.Select(static size => LabFigures.Bytes(size))],
                    [
                        ("threads", [.. clear.Select(size => Cost(false, size)!.Value)]),
                        ("processes", [.. clear.Select(size => Cost(true, size)!.Value)])
                    ],
                    LabFigures.Seconds),
                caches));
        }

        return result;

        void Keep(string key, double? seconds)
        {
            if (seconds is { } value)
                result.Values[key] = value;
        }
    }

    /// <summary>With an array on each side: half of a round trip is one switch and one pass through an array.</summary>
    private static double Together(LabContext context, WorkerPool pool, bool inProcess, int processor, int size, double budget)
    {
        var partners = new Partners(context, pool, inProcess, processor, processor);
        int trips = Math.Clamp((int)(budget / partners.Run(FewestTrips, size)), FewestTrips, 7_000);
        return partners.Run(trips, size) / 2;
    }

    /// <summary>The same without a switch: one thread walks through one array, and passes the byte to itself.</summary>
    private static double Alone(LabContext context, int processor, int size, double budget)
    {
        double result = 0;
        var thread = new Thread(() =>
        {
            Libc.TryPin(processor);
            using var pipe = new Pipe();
            byte[] array = GC.AllocateUninitializedArray<byte>(size, pinned: true);
            double once = Rounds(FewestTrips);
            result = context.CancellationToken.IsCancellationRequested ? 0 : Rounds(Math.Clamp((int)(budget / once), FewestTrips, 14_000));

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

    /// <summary>The result of <c>perf bench sched pipe</c> in the same run; null if perf is not installed.</summary>
    private static double? Perf(int processor, int trips, bool threads)
    {
        double? result = null;
        // The child inherits the processor affinity of the thread that starts it.
        var thread = new Thread(() =>
        {
            Libc.TryPin(processor);
            try
            {
                string[] arguments =
                    ["bench", "sched", "pipe", "-l", trips.ToString(CultureInfo.InvariantCulture), .. threads ? (string[])["-T"] : []];
                using Process perf = Process.Start(
                    new ProcessStartInfo("perf", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
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

    /// <summary>Two workers: a thread of this process, and another thread or a process.</summary>
    /// <param name="Context">Cancels between two runs.</param>
    /// <param name="Pool">The pool that runs the process.</param>
    /// <param name="InProcess">Whether the other worker is a process.</param>
    /// <param name="Mine">The processor of the first worker; negative for any.</param>
    /// <param name="Other">The processor of the other worker; negative for any.</param>
    private sealed record Partners(LabContext Context, WorkerPool Pool, bool InProcess, int Mine, int Other)
    {
        /// <summary>Seconds per round trip.</summary>
        [SuppressMessage(
            "ApiDesign", "RS0030:Do not use banned APIs",
            Justification = "An experiment: what waiting and blocking cost is what it measures.")]
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
                echo = Task.Factory.StartNew(
                    () => Echo(input, output, processor, trips, size),
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default);
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
            back.ReadExactly(one); // the other worker is running
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

            Libc.TrySetProcessors(before); // other code uses this thread, too
        }

        private static void Place(int processor)
        {
            if (processor >= 0)
                Libc.TryPin(processor);
        }
    }
}
