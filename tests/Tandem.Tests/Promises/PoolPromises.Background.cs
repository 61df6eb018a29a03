using System.Diagnostics.Metrics;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

/// <content>User code that the pool calls in the background can neither end the process nor hold up the pool.</content>
public partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task A_logger_that_throws_harms_nobody()
    {
        var log = new BadLog(static () => throw new NotSupportedException("a logger"));
        await using (WorkerPool pool = Backend.Create(1, options => options.LoggerFactory = log))
        {
            Assert.Equal(1, await pool.RunAsync(static () =>
            {
                Console.WriteLine("a line for the logger");
                return 1;
            }));
            Assert.Equal(2, await pool.RunAsync(static () => 2));
            var source = new StuckSource(1) { Error = new NotSupportedException() };
            source.LetGo();
            await Assert.ThrowsAsync<NotSupportedException>(() => pool.MapAsync((IEnumerable<int>)source, static i => i).ToListAsync());
        }

        await Eventually.Async(() => log.Entries > 0);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_logger_that_blocks_does_not_hold_up_the_pool()
    {
        using var letGo = new ManualResetEventSlim();
        var log = new BadLog(letGo.Wait);
        await using (WorkerPool pool = Backend.Create(2, options => options.LoggerFactory = log))
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(i => pool.RunAsync(static (number, _) => number, i)));
            pool.Resize(1);
            Assert.Equal(1, await pool.RunAsync(static () => 1));
            await Eventually.Async(() => log.Entries > 0);
            letGo.Set();
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_listener_that_throws_harms_nobody()
    {
        await using WorkerPool pool = await CreateListenedAsync("throwing");
        using var meter = new MeterListener();
        int thrown = 0;
        meter.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == TandemTelemetry.MeterName)
                listener.EnableMeasurementEvents(instrument);
        };
        meter.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (!Equals(tag.Value, NameOf("throwing")))
                    continue;

                Interlocked.Increment(ref thrown);
                throw new NotSupportedException("a listener");
            }
        });
        meter.Start();

        Assert.Equal(Enumerable.Range(0, 50), await Task.WhenAll(Enumerable.Range(0, 50).Select(i => pool.RunAsync(static (number, _) => number, i))));
        Assert.Equal(Enumerable.Range(0, 50), await pool.MapAsync(Enumerable.Range(0, 50), static i => i).ToListAsync());
        await Assert.ThrowsAsync<FormatException>(() => pool.RunAsync(static () => throw new FormatException()));
        Assert.True(Volatile.Read(ref thrown) > 0);
    }
}
