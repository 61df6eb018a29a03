using System.Globalization;
using System.Runtime.Versioning;
using Tandem.Interop;
using Tandem.Tool.Lab.Deciding;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>
/// Shows each thread's own program counter: threads that take turns on one processor are stopped at any moment, inspected, and continued.
/// Linux shows where a thread is only while it is stopped; such a stop is like the end of its time slice that lasts until a signal
/// continues it.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class ProgramCounterExperiment : LabExperiment
{
    private const int Threads = 2;
    private const int Shown = 3;
    private const string Different = "different";
    private const string Stacks = "stacks_missing";
    private const string Still = "still_missing";
    private const string Forward = "forward_missing";
    private const string Surprises = "surprises";

    // Counted over many stops, so a busy machine does not change the result.
    private static readonly LabClaim[] Claims =
    [
        new SeenClaim("every thread has a program counter of its own", Different, 1) { NeedsQuiet = false },
        new SameClaim("and a stack pointer", Stacks, 0) { NeedsQuiet = false },
        new SameClaim("both are kept while the thread does not run", Still, 0) { NeedsQuiet = false },
        new SameClaim("the thread goes on", Forward, 0) { NeedsQuiet = false },
        new SameClaim("it notices nothing", Surprises, 0) { NeedsQuiet = false },
    ];

    internal override string Name => "pc";

    internal override string Question => "Where is each thread when it has to stop, and does it go on exactly there?";

    internal override string Expected =>
        "Every thread has a program counter of its own; it is kept while the thread does not run, and the thread notices nothing.";

    internal override async Task<LabResult> RunAsync(LabContext context)
    {
        Func<double?> others = context.WatchOthers();
        context.Begin("stopping and continuing threads that take turns");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tandem-lab-");
        try
        {
            var options = new ProcessPoolOptions { MaxWorkers = 1, TerminationGrace = TimeSpan.Zero };
            CompiledMethods.AddTo(options.Environment, folder.FullName);
            using var memory = new SharedArray<long>(ProgramCounterSpin.Length(Threads));
            await using WorkerPool pool = WorkerPool.Create(options);
            int process = await pool.RunAsync(
                static () => Environment.ProcessId, cancellationToken: context.CancellationToken).ConfigureAwait(false);
            // The last processor: systems do most of their other work on the first one.
            int processor = Libc.GetProcessors().LastOrDefault();
            Task work = pool.RunAsync(
                () => ProgramCounterSpin.Run(memory, Threads, processor),
                new WorkOptions { Limits = new() { Timeout = TimeSpan.FromMinutes(1) } },
                context.CancellationToken);
            List<Sample> samples;
            long preemptions;
            try
            {
                (samples, preemptions) = Watch(memory, process, context);
            }
            finally
            {
                // Also after a failure, so that the threads stop spinning.
                ProgramCounters.Continue(process);
                Volatile.Write(ref memory[ProgramCounterSpin.Stop], 1);
            }

            await work.ConfigureAwait(false);
            long surprises = Enumerable.Range(0, Threads).Sum(thread => memory[ProgramCounterSpin.Surprises(thread)]);
            return Describe(
                others, samples, preemptions, surprises, CompiledMethods.Read(folder.FullName, process).Find("ProgramCounterSpin::Spin("));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static (List<Sample> Samples, long Preemptions) Watch(SharedArray<long> memory, int process, LabContext context)
    {
        long[] Counts() => [.. Enumerable.Range(0, Threads).Select(thread => Volatile.Read(ref memory[ProgramCounterSpin.Count(thread)]))];

        int[] threads = new int[Threads];
        var counters = new ProgramCounters(process, threads);
        counters.Await(() => Counts().All(static count => count > 0), "did not begin to count");
        for (int i = 0; i < Threads; i++)
            threads[i] = (int)memory[ProgramCounterSpin.Id(i)];

        var samples = new List<Sample>();
        for (int i = 0; i < context.Times(300, 30); i++)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            counters.Stop();
            ProgramCounters.Place?[] first = [.. threads.Select(counters.Read)];
            long[] stopped = Counts();
            _ = Libc.SleepMicroseconds(1000);
            ProgramCounters.Place?[] second = [.. threads.Select(counters.Read)];
            long[] still = Counts();
            ProgramCounters.Continue(process);
            counters.Await(() => Counts().Zip(still).All(static pair => pair.First != pair.Second), "did not continue");
            // A thread that is in a system call at that moment has no place in the program.
            if (!first.Contains(null))
            {
                samples.Add(new Sample(
                    [.. first.Select(static one => one!.Value)],
                    stopped,
                    first.SequenceEqual(second) && stopped.SequenceEqual(still),
                    Counts()));
            }
        }

        return samples.Count > 0
            ? (samples, threads.Sum(counters.Preemptions))
            : throw new LabException("The system never showed where a stopped thread was (/proc/PID/task/TID/syscall).");
    }

    private static LabResult Describe(
        Func<double?> others, List<Sample> samples, long preemptions, long surprises, (long Start, long Length)? loop)
    {
        long[] places = [.. samples.SelectMany(static one => one.Places).Select(static place => place.Counter)];
        int different = samples.Count(static one => one.Places.Select(static place => place.Counter).Distinct().Count() == Threads);
        int stacks = samples.Count(static one => one.Places.Select(static place => place.Stack).Distinct().Count() == Threads);
        int still = samples.Count(static one => one.IsStill),
            forward = samples.Count(static one => one.After.Zip(one.Counts).All(static pair => pair.First > pair.Second));
        int inLoop = loop is { } code ? places.Count(place => place >= code.Start && place < code.Start + code.Length) : 0;
        int distinct = places.Distinct().Count();
        var result = new LabResult(
            $"{samples.Count} stops of {Threads} threads on one processor: their program counters differed in {different}, "
            + $"their stack pointers in {stacks}; all stood still in {still} and went on in {forward}; "
            + $"in {preemptions} involuntary switches no thread ever found another state than it had left ({surprises} surprises).",
            LabRounds.Once(Claims, others, new Dictionary<string, double>
            {
                [Different] = different,
                [Stacks] = stacks - samples.Count,
                [Still] = still - samples.Count,
                [Forward] = forward - samples.Count,
                [Surprises] = surprises,
            }).Decision)
        {
            Values =
            {
                ["stops_count"] = samples.Count,
                ["places_count"] = distinct,
                ["pcs_different_count"] = different,
                ["sps_different_count"] = stacks,
                ["stood_still_count"] = still,
                ["went_on_count"] = forward,
                ["in_loop_percent"] = 100.0 * inLoop / places.Length,
                ["involuntary_switches_count"] = preemptions,
                ["surprises_count"] = surprises,
            },
        };
        result.Text.Add(loop is { } known
            ? $"{(double)inLoop / places.Length:P0} of the {places.Length} program counters lie in the compiled loop, "
                + $"{known.Start:x12}-{known.Start + known.Length:x12}, at {distinct} places of it"
            : $"{distinct} different places, {places.Min():x12}-{places.Max():x12}; where the compiled loop lies is not known here");
        foreach ((int number, Sample one) in samples.Take(Shown).Index())
            result.Text.AddRange(Draw(number + 1, one));

        Add(result, samples, loop?.Start ?? places.Min());
        return result;
    }

    private static IEnumerable<string> Draw(int number, Sample one)
    {
        yield return $"stop {number}";
        for (int i = 0; i < Threads; i++)
        {
            yield return $"{(i < Threads - 1 ? "├" : "└")} thread {i + 1}  pc {one.Places[i].Counter:x12}  "
                + $"sp {one.Places[i].Stack:x12}  count {one.Counts[i]}, "
                + $"{(one.IsStill ? "unchanged 1 ms later" : "changed")}, then on to {one.After[i]}";
        }
    }

    private static void Add(LabResult result, List<Sample> samples, long start)
    {
        var table = new LabTable(
            "Where in the loop the threads were found",
            ["instruction at", .. Enumerable.Range(1, Threads).Select(static thread => $"thread {thread}")]);
        var rows = samples.SelectMany(static one => one.Places.Index())
            .GroupBy(static one => one.Item.Counter)
            .OrderByDescending(static place => place.Count())
            .Take(12)
            .OrderBy(static place => place.Key)
            .Select(place => (
                Name: $"{place.Key:x12} (+{place.Key - start})",
                Times: Enumerable.Range(0, Threads).Select(thread => (double)place.Count(one => one.Index == thread)).ToArray()))
            .ToArray();
        foreach ((string name, double[] times) in rows)
            table.Row([name, .. times.Select(static number => number.ToString(CultureInfo.InvariantCulture))]);

        result.Tables.Add(table);
        Svg plot = Charts.Bars(
            "Where in the loop the threads were found",
            "times",
            [.. rows.Select(static row => row.Name)],
            [.. Enumerable.Range(0, Threads).Select(thread =>
                ($"thread {thread + 1}", rows.Select(row => row.Times[thread]).ToArray()))],
            static number => number.ToString("0.#", CultureInfo.InvariantCulture));
        result.Plots.Add((plot, table));
    }

    /// <param name="Places">Where each thread was stopped.</param>
    /// <param name="Counts">The count of each thread.</param>
    /// <param name="IsStill">Whether both were unchanged a moment later.</param>
    /// <param name="After">The count of each thread after it continued.</param>
    private sealed record Sample(ProgramCounters.Place[] Places, long[] Counts, bool IsStill, long[] After);
}
