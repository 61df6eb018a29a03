using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>A gibibyte of numbers that processes share, beside an array that threads share.</summary>
internal static class SharedArrays
{
    private const int Gibibyte = 1 << 30;

    internal static async Task RunAsync(Session session)
    {
        await using var pools = PoolSet.Open(session, 2, Backend.Processes);
        if (session.Wants(Metric.ArraySum))
            await SumAsync(session, pools);

        foreach ((Metric metric, long length) in new[] { (Metric.ArrayHandOver, (long)Gibibyte / sizeof(double)), (Metric.ArrayHandOverSmall, 1) })
        {
            await session.CompareAsync(
                metric, pools.Each((pool, _) => HandOverAsync(pool, length, session.Scale(200, 50))), rounds: session.Scale(full: 7, quick: 3));
        }
    }

    private static async Task SumAsync(Session session, PoolSet pools)
    {
        const int Length = Gibibyte / sizeof(double);
        using var shared = new SharedArray<double>(Length);
        double[] plain = new double[Length];
        shared.Span.Fill(1);
        plain.AsSpan().Fill(1);
        await session.CompareAsync(
            Metric.ArraySum,
            [
                .. pools.Each((pool, _) => MeasureAsync(half => pool.RunAsync(() => Sum(shared.Slice((long)half * Length / 2, Length / 2))))),
                new Contender(Backend.Plain, () => MeasureAsync(half => Task.Run(() => Sum(plain.AsSpan(half * (Length / 2), Length / 2))))),
            ],
            rounds: session.Scale(full: 9, quick: 2),
            warmUps: 3);
    }

    private static async Task<double> MeasureAsync(Func<int, Task<double>> sumHalfAsync)
    {
        Clock clock = Clock.Start();
        double[] halves = await Task.WhenAll(sumHalfAsync(0), sumHalfAsync(1));
        double seconds = clock.Seconds;
        return halves.Sum() == Gibibyte / sizeof(double) ? 1 / seconds : throw new InvalidOperationException("The sum is wrong.");
    }

    private static double Sum(ReadOnlySpan<double> numbers)
    {
        Vector<double> sum = default;
        foreach (Vector<double> part in MemoryMarshal.Cast<double, Vector<double>>(numbers))
            sum += part;
        return Vector.Sum(sum);
    }

    private static async Task<double> HandOverAsync(WorkerPool pool, long length, int times)
    {
        double[] laps = new double[times];
        for (int i = 0; i < times; i++)
        {
            using var array = new SharedArray<double>(length);
            await pool.RunAsync(static () => 0);
            long start = Stopwatch.GetTimestamp();
            long begun = await pool.RunAsync(() => array.Length == length ? Stopwatch.GetTimestamp() : 0); // one clock for all processes
            laps[i] = Stopwatch.GetElapsedTime(start, begun).TotalMicroseconds;
        }

        return Statistics.Median(laps);
    }
}
