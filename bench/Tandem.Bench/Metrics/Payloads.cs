using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>How fast big arrays travel, there and back. On threads nothing travels but a reference, so those figures are no rates of copying.</summary>
internal static class Payloads
{
    private const int Mebibyte = 1024 * 1024;

    internal static async Task RunSmallAsync(Session session)
    {
        int calls = session.Scale(full: 1000, quick: 300);
        int rounds = session.Scale(full: 9, quick: 5);
        byte[] payload = Blob.OfSize(Mebibyte);
        await using var pools = PoolSet.Open(session, 2, Backend.Own);
        await session.CompareAsync(Metric.Payload1, pools.Each((pool, _) => SendAsync(pool, payload, calls, inFlight: 4)), rounds);
        await session.CompareAsync(Metric.Payload1Serial, pools.Each((pool, _) => SendAsync(pool, payload, calls / 2, inFlight: 1)), rounds);
        await session.CompareAsync(Metric.Payload1Result, pools.Each((pool, _) => FetchAsync(pool, Mebibyte, calls, inFlight: 4)), rounds);
    }

    internal static async Task RunLargeAsync(Session session)
    {
        const int Size = 64 * Mebibyte;
        int calls = session.Scale(full: 16, quick: 2);
        int rounds = session.Scale(full: 7, quick: 5);
        byte[] payload = Blob.OfSize(Size);
        await using var pools = PoolSet.Open(session, 2, Backend.Own);
        await session.CompareAsync(Metric.Payload64, pools.Each((pool, _) => SendAsync(pool, payload, calls, inFlight: 2)), rounds);
        await session.CompareAsync(Metric.Payload64Result, pools.Each((pool, _) => FetchAsync(pool, Size, calls, inFlight: 2)), rounds);
    }

    private static Task<double> SendAsync(WorkerPool pool, byte[] payload, int calls, int inFlight) =>
        RateAsync(() => pool.RunAsync(static (data, _) => data.Length, payload), length => length, payload.Length, calls, inFlight);

    private static Task<double> FetchAsync(WorkerPool pool, int size, int calls, int inFlight) =>
        RateAsync(() => pool.RunAsync(static (wanted, _) => Blob.OfSize(wanted), size), data => data.Length, size, calls, inFlight);

    private static async Task<double> RateAsync<T>(Func<Task<T>> call, Func<T, int> lengthOf, int size, int calls, int inFlight)
    {
        await Task.Yield();
        var window = new Task<T>[inFlight];
        Clock clock = Clock.Start();
        for (int i = 0; i < calls + inFlight; i++)
        {
            // The oldest call makes room for the next one.
            int at = i % inFlight;
            if (i >= inFlight && lengthOf(await window[at]) != size)
                throw new InvalidDataException("A payload has a wrong length.");

            if (i < calls)
                window[at] = call();
        }

        return (double)calls * size / (1024 * Mebibyte) / clock.Seconds;
    }
}
