using Tandem.Telemetry;

namespace Tandem.Tool.Top.Watching;

/// <summary>Combines the events of <see cref="PoolEventSource"/> into samples.</summary>
internal sealed class PoolSamples(Action<ProgramSample> complete)
{
    private List<PoolSample> _pools = [];
    private long _sample;
    private int _events;

    internal void Receive(string provider, int id, ReadOnlySpan<byte> payload)
    {
        if (provider != TandemTelemetry.EventSourceName)
            return;

        var reader = new TracePayloadReader(payload);
        if (id is < PoolEventSource.PoolEvent or > PoolEventSource.EndEvent)
            return; // an event of the event source itself, or of a later version

        long sample = reader.Int64();
        if (sample != _sample)
        {
            _sample = sample;
            _pools = [];
            _events = 0;
        }

        switch (id)
        {
            case PoolEventSource.PoolEvent:
                _events++;
                _pools.Add(ReadPool(ref reader));
                break;
            case PoolEventSource.WorkerEvent:
                _events++;
                Last(reader.Int32())?.WorkerSamples.Add(
                    new WorkerSample(
                        reader.Int32(),
                        reader.Int32(),
                        reader.Text(),
                        reader.Text(),
                        reader.Double(),
                        reader.Int32(),
                        reader.Int64()));
                break;
            case PoolEventSource.ChangeEvent:
                _events++;
                Last(reader.Int32())?.Changes.Add(ReadChange(ref reader));
                break;
            case PoolEventSource.EndEvent:
                // If the runtime had to drop events, wait for the next sample.
                if (reader.Int32() == _events)
                    complete(new ProgramSample(reader.Double(), _pools));

                _pools = [];
                break;
        }
    }

    private PoolSample? Last(int pool) => _pools is [.., { } last] && last.Id == pool ? last : null;

    private static PoolSample ReadPool(ref TracePayloadReader reader)
    {
        int id = reader.Int32();
        string name = reader.Text();
        string isolation = reader.Text();
        int workers = reader.Int32();
        int concurrency = reader.Int32();
        int queue = reader.Int32();
        var totals = new Totals(
            reader.Int64(), reader.Int64(), reader.Int64(), reader.Int64(), reader.Int64(), reader.Int64(), reader.Int64(), reader.Int32());
        var latency = new Latency(reader.Int32(), reader.Double(), reader.Double(), reader.Double());
        return new PoolSample(id, name, isolation, workers, concurrency, queue, totals, latency.Items > 0 ? latency : null, reader.Text());
    }

    private static Change ReadChange(ref TracePayloadReader reader)
    {
        string kind = reader.Text();
        int worker = reader.Int32();
        long milliseconds = reader.Int64();
        // Beyond these bounds the conversion throws, and the value comes from another process.
        DateTimeOffset time = DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, 0, 253_402_300_799_999));
        return new Change(kind, worker, time, reader.Text());
    }
}
