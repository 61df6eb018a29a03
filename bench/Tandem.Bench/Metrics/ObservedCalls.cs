using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>What it costs tiny calls that somebody listens to all that the library tells.</summary>
internal static class ObservedCalls
{
    // Of several pairs, because one is as noisy as the machine.
    private const int Pairs = 3;

    internal static async Task RunAsync(Session session)
    {
        int calls = session.Scale(full: 500_000, quick: 200_000);
        await using var pools = PoolSet.Open(session, 2, Backend.Threads, Backend.Processes);
        var plain = Backend.Open(Backend.Processes, 2);
        await using (plain.ConfigureAwait(false))
        {
            IEnumerable<Contender> contenders =
            [
                .. pools.Each((pool, _) => RatioAsync(pool, calls, isObserved: true)),
                new Contender(Backend.Plain, () => RatioAsync(plain, calls, isObserved: false)),
            ];
            await session.CompareAsync(Metric.ObservedCalls, contenders, rounds: session.Scale(full: 7, quick: 1));
        }
    }

    private static async Task<double> RatioAsync(WorkerPool pool, int calls, bool isObserved)
    {
        double[] ratios = new double[Pairs];
        for (int i = 0; i < ratios.Length; i++)
        {
            // In turns, because the second of two runs has the garbage of the first.
            bool isFirst = i % 2 == 0;
            double one = await CallsAsync(pool, calls, isObserved && isFirst);
            double other = await CallsAsync(pool, calls, isObserved && !isFirst);
            ratios[i] = isFirst ? one / other : other / one;
        }

        return Statistics.Median(ratios);
    }

    private static async Task<double> CallsAsync(WorkerPool pool, int calls, bool isObserved)
    {
        using var listener = isObserved ? new Everything() : null;
        GC.Collect();
        return await CallThroughput.SubmitAsync(() => pool.RunAsync(static () => 1), calls);
    }

    /// <summary>Listens to all, as an exporter does, and keeps nothing.</summary>
    private sealed class Everything : IDisposable
    {
        private readonly MeterListener _meters = new();
        private readonly ActivityListener _activities = new()
        {
            ShouldListenTo = static source => source.Name == TandemTelemetry.ActivitySourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };

        internal Everything()
        {
            _meters.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == TandemTelemetry.MeterName)
                    listener.EnableMeasurementEvents(instrument);
            };
            _meters.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
            _meters.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
            _meters.Start();
            ActivitySource.AddActivityListener(_activities);
        }

        public void Dispose()
        {
            _activities.Dispose();
            _meters.Dispose();
        }
    }
}
