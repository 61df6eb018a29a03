using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;

namespace Tandem.Tests.Sharing;

/// <summary>
/// Writers and readers that are killed under load: nobody hangs, no element is torn, doubled or out of order, and each death costs one
/// element at most. TANDEM_CHANNEL_SECONDS sets for how long (10).
/// </summary>
public sealed class SharedChannelDeathTests
{
    private const int MaximumWriters = 5_000;
    private const int ElementsOfWriter = 200_000;

    private static readonly TimeSpan Duration =
        TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("TANDEM_CHANNEL_SECONDS") ?? "10", CultureInfo.InvariantCulture));

    [Theory(Timeout = 600_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_death_costs_one_element_at_most(bool throughCodec)
    {
        using var state = new Load(throughCodec);
        await using WorkerPool pool = WorkerPool.Create(new WorkerPoolOptions
        {
            Isolation = Isolation.Process,
            Transport = WorkerTransport.SharedMemory,
            Workers = 4,
            SpareWorkers = 2,
            RestartLimit = int.MaxValue,
            LoggerFactory = NullLoggerFactory.Instance,
        });
        int deaths = 0;
        Task[] writers = [.. Enumerable.Range(0, 2).Select(_ => KeepRunningAsync(static (load, _) => load.WriteAsync(), () => state.Stop.Value == 0))];
        Task[] readers = [.. Enumerable.Range(0, 2).Select(_ => KeepRunningAsync(static (load, _) => load.ReadAsync(), () => state.Done.Value == 0))];
        var random = new Random(4711);
        // Who is killed before its item has begun costs nothing and does not count.
        for (long end = Environment.TickCount64 + (long)Duration.TotalMilliseconds; Environment.TickCount64 < end || Volatile.Read(ref deaths) == 0;)
        {
            // In the middle of the load, after the last death has been got over.
            long until = state.Progress.Value + random.Next(20_000);
            for (long seen; (seen = state.Progress.Value) <= until;)
                await Eventually.Async(() => state.Progress.Value > seen, otherwise: () => "Nothing goes through the channel any more.");
            await Killing.KillBusyWorkerAsync(pool, random);
        }

        state.Stop.Increment();
        await Task.WhenAll(writers).WaitAsync(Limits.Condition);
        state.Complete();
        await Task.WhenAll(readers).WaitAsync(Limits.Condition);
        (long read, long missing, long doubled) = state.Count();
        TestContext.Current.TestOutputHelper?.WriteLine($"{deaths} deaths, {state.Writers.Value} writers, {read} elements read, {missing} lost");
        Assert.Equal(0, state.Bad.Value);
        Assert.Equal(0, doubled);
        Assert.InRange(missing, 0, deaths);
        Assert.True(read > deaths && deaths > 0, $"{read} elements, {deaths} deaths");

        Task KeepRunningAsync(Func<Load, CancellationToken, Task> work, Func<bool> goesOn) =>
            Killing.KeepRunningAsync(() => pool.RunAsync(work, state), goesOn, () => Interlocked.Increment(ref deaths));
    }

    [InlineArray(8)]
    private struct Copies
    {
        private long _first;
    }

    private readonly record struct Element(int Writer, int Number, Copies Copies);

    private sealed class Load(bool throughCodec) : IDisposable
    {
        private readonly Channel<Element>? _elements = throughCodec ? null : SharedChannel.CreateBounded<Element>(64);
        private readonly Channel<long[]>? _objects = throughCodec ? SharedChannel.CreateBounded<long[]>(64) : null;
        private readonly SharedArray<int> _read = new((long)MaximumWriters * ElementsOfWriter);
        private readonly SharedArray<int> _written = new(MaximumWriters);

        internal SharedCounter Stop { get; } = new();

        internal SharedCounter Done { get; } = new();

        internal SharedCounter Writers { get; } = new();

        internal SharedCounter Bad { get; } = new();

        internal SharedCounter Progress { get; } = new();

        internal void Complete()
        {
            _elements?.Writer.Complete();
            _objects?.Writer.Complete();
        }

        internal async Task WriteAsync()
        {
            int writer = (int)Writers.Increment() - 1;
            for (int i = 0; i < ElementsOfWriter && Stop.Value == 0 && writer < MaximumWriters; i++)
            {
                if (_objects is not null)
                {
                    // Of all sizes, in the cell and beside it.
                    long[] items = new long[2 + (i % 100)];
                    Array.Fill(items, Stamp(writer, i));
                    (items[0], items[1]) = (writer, i);
                    await _objects.Writer.WriteAsync(items);
                }
                else
                {
                    var copies = default(Copies);
                    ((Span<long>)copies).Fill(Stamp(writer, i));
                    await _elements!.Writer.WriteAsync(new Element(writer, i, copies));
                }

                _written[writer] = i + 1;
            }
        }

        internal async Task ReadAsync()
        {
            Dictionary<int, int> last = [];
            if (_objects is not null)
            {
                await foreach (long[] items in _objects.Reader.ReadAllAsync())
                {
                    if (items.Length != 2 + (items[1] % 100))
                        Bad.Increment();
                    Note(last, (int)items[0], (int)items[1], items.AsSpan(2));
                }
            }
            else
            {
                await foreach (Element element in _elements!.Reader.ReadAllAsync())
                {
                    Copies copies = element.Copies;
                    Note(last, element.Writer, element.Number, copies);
                }
            }

            Done.Increment();
        }

        internal (long Read, long Missing, long Doubled) Count()
        {
            long read = 0;
            long missing = 0;
            long doubled = 0;
            for (int writer = 0; writer < Writers.Value; writer++)
            {
                // One more may have been published than its writer lived to note.
                ReadOnlySpan<int> marks = _read.Slice((long)writer * ElementsOfWriter, Math.Min(ElementsOfWriter, _written[writer] + 1));
                read += marks.Length - marks.Count(0);
                missing += marks[.._written[writer]].Count(0);
                foreach (int mark in marks)
                    doubled += mark > 1 ? 1 : 0;
            }

            return (read, missing, doubled);
        }

        public void Dispose()
        {
            foreach (IDisposable shared in (IDisposable[])[_read, _written, Stop, Done, Writers, Bad, Progress])
                shared.Dispose();
        }

        private static long Stamp(int writer, int number) => ((long)writer << 32) + number + 1;

        private void Note(Dictionary<int, int> last, int writer, int number, ReadOnlySpan<long> copies)
        {
            if (copies.ContainsAnyExcept(Stamp(writer, number)) || (last.TryGetValue(writer, out int former) && former >= number))
                Bad.Increment();
            last[writer] = number;
            Interlocked.Increment(ref _read[((long)writer * ElementsOfWriter) + number]);
            Progress.Increment();
        }
    }
}
