using System.Globalization;
using Tandem.Bench.Children;
using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>
/// How long an array takes to a worker and back, by its size. Beside it: the same array through a pipe and through a Unix socket to another
/// process of .NET and back, a copy there and back within one process, and the copy-free forms: the caller fills a shared array, and the
/// worker copies it into another that is used again, or into a new one that it returns and the caller disposes.
/// </summary>
internal static class PayloadCurve
{
    private const int Kibibyte = 1024;

    /// <summary>Above this size, pipes take seconds for each call.</summary>
    private const int Large = 64 * 1024 * Kibibyte;

    internal static readonly Step[] Steps =
    [
        new("1kib", Kibibyte), new("64kib", 64 * Kibibyte), new("1mib", 1024 * Kibibyte), new("4mib", 4 * 1024 * Kibibyte),
        new("16mib", 16 * 1024 * Kibibyte), new("64mib", 64 * 1024 * Kibibyte), new("256mib", 256 * 1024 * Kibibyte), new("1gib", 1024 * 1024 * Kibibyte),
    ];

    internal static readonly Metric[] Metrics = [.. Steps.SelectMany(static step => new[] { step.Median, step.Worst, step.Argument, step.Result })];

    internal static async Task RunAsync(Session session)
    {
        foreach (Step step in Steps)
        {
            if (!session.Wants(step.Median))
                continue;

            // Four processes hold arrays of this size, and each until its next collection.
            if (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes < 40L * step.Size)
            {
                session.Note($"{step.Median.Name}: needs 40 times as much memory as the array");
                continue;
            }

            // A pool for each size: what an earlier size left in a heap is not this one's.
            await using var pools = PoolSet.Open(session, 1, step.Size <= Large ? [Backend.Processes, Backend.Portable] : [Backend.Processes]);
            await using var sharing = PoolSet.Open(session, 1, Backend.SharedReused, Backend.SharedNew);
            using var input = new SharedArray<byte>(step.Size);
            using var output = new SharedArray<byte>(step.Size);
            using EchoPeer pipe = EchoPeer.OverPipes(), socket = EchoPeer.OverSocket();
            byte[] payload = Blob.OfSize(step.Size), copy = new byte[step.Size];
            var worst = new Dictionary<string, List<double>>();
            int rounds = session.Scale(full: 5, quick: 3);
            await session.CompareAsync(
                step.Median,
                [
                    .. pools.Each((pool, backend) => MeasureAsync(session, step, backend, worst, async () =>
                        (await pool.RunAsync<byte[], byte[]>(static (data, _) => data, payload)).Length)),
                    .. sharing.Each((pool, backend) => MeasureAsync(session, step, backend, worst, () => backend == Backend.SharedReused
                        ? EchoReusedAsync(pool, payload, input, output)
                        : EchoNewAsync(pool, payload, input))),
                    new Contender(Backend.Pipe, () => MeasureAsync(session, step, Backend.Pipe, worst, () => pipe.EchoAsync(payload))),
                    new Contender(Backend.UnixSocket, () => MeasureAsync(session, step, Backend.UnixSocket, worst, () => socket.EchoAsync(payload))),
                    new Contender(Backend.Plain, () => MeasureAsync(session, step, Backend.Plain, worst, () => Copy(payload, copy))),
                ],
                rounds);
            foreach ((string backend, List<double> figures) in worst)
                session.Add(backend, step.Worst, Statistics.Median(figures));

            worst.Clear();
            await session.CompareAsync(
                step.Argument,
                pools.Each((pool, backend) => MeasureAsync(session, step, backend, worst, async () =>
                    await pool.RunAsync(static (data, _) => data.Length, payload))),
                rounds);
            await session.CompareAsync(
                step.Result,
                pools.Each((pool, backend) => MeasureAsync(session, step, backend, worst, async () =>
                    (await pool.RunAsync(static (size, _) => Blob.OfSize(size), step.Size)).Length)),
                rounds);
        }
    }

    private static async ValueTask<int> EchoReusedAsync(
        WorkerPool pool, byte[] payload, SharedArray<byte> input, SharedArray<byte> output)
    {
        payload.CopyTo(input.Span);
        await pool.RunAsync(() => input.Span.CopyTo(output.Span));
        return output.Span.Length;
    }

    private static async ValueTask<int> EchoNewAsync(WorkerPool pool, byte[] payload, SharedArray<byte> input)
    {
        payload.CopyTo(input.Span);
        using SharedArray<byte> made = await pool.RunAsync(() =>
        {
            var copy = new SharedArray<byte>(input.Length);
            input.Span.CopyTo(copy.Span);
            return copy;
        });
        return made.Span.Length;
    }

    private static ValueTask<int> Copy(byte[] payload, byte[] copy)
    {
        Buffer.BlockCopy(payload, 0, copy, 0, payload.Length);
        Buffer.BlockCopy(copy, 0, payload, 0, payload.Length);
        return new ValueTask<int>(payload.Length);
    }

    private static async Task<double> MeasureAsync(
        Session session, Step step, string backend, Dictionary<string, List<double>> worst, Func<ValueTask<int>> echoAsync)
    {
        await Task.Yield();
        long volume = session.Scale(full: 1024, quick: 192) * 1024L * Kibibyte;
        int calls = (int)Math.Clamp(volume / step.Size, 3, session.Scale(full: 2000, quick: 500));
        double[] laps = new double[calls];
        for (int i = -Math.Clamp(calls / 3, 1, 40); i < calls; i++)
        {
            Clock clock = Clock.Start();
            if (await echoAsync() != step.Size)
                throw new InvalidDataException("A payload has a wrong length.");
            if (i >= 0)
                laps[i] = clock.Microseconds;
        }

        if (!worst.TryGetValue(backend, out List<double>? figures))
            worst[backend] = figures = [];
        figures.Add(Statistics.Percentile99(laps));
        return Statistics.Median(laps);
    }

    internal sealed record Step(string Name, int Size)
    {
        internal Metric Median { get; } = MetricOf(Name, "us", "there and back, the median");

        internal Metric Worst { get; } = MetricOf(Name, "p99_us", "there and back, the 99th percentile");

        internal Metric Argument { get; } = MetricOf(Name, "argument_us", "as an argument only");

        internal Metric Result { get; } = MetricOf(Name, "result_us", "as a result only");

        private static Metric MetricOf(string name, string kind, string text) => new(
            string.Create(CultureInfo.InvariantCulture, $"payload_curve_{name}_{kind}"), "us", true,
            $"a byte[] of {name} {text}; plain is a copy there and back in one process")
        {
            IsSlow = name is not ("64kib" or "1mib" or "16mib"),
        };
    }
}
