using Tandem.Output;

namespace Tandem.Tests.Processes;

/// <summary>Lines are written by a thread of their own, in order, and what does not fit is counted.</summary>
public sealed class LineWriterTests
{
    [Fact(Timeout = Limits.Test)]
    public async Task Lines_are_written_in_order_on_a_thread_that_is_not_the_pool_s()
    {
        var target = new Target();
        var writer = new LineWriter<string>("test", target, new LineLimits(1000, 100_000));
        for (int i = 0; i < 500; i++)
            Assert.True(writer.Post($"{i}", 10));

        await writer.FlushAsync(Limits.Condition);
        Assert.Equal(Enumerable.Range(0, 500).Select(static i => $"{i}"), target.Lines);
        Assert.False(target.WasOnThreadPool);
        writer.Close();
        Assert.True(writer.Post("late", 4));
        await writer.FlushAsync(Limits.Condition);
        Assert.Equal("late", target.Lines[^1]);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(10, 1_000_000)]
    [InlineData(1_000_000, 100)]
    public async Task What_does_not_fit_while_the_target_takes_nothing_is_dropped_and_reported_in_its_place(int lines, int characters)
    {
        var target = new Target();
        var writer = new LineWriter<string>("test", target, new LineLimits(lines, characters));
        target.Stall();
        int taken = 0;
        for (int i = 0; i < 1000; i++)
            taken += writer.Post($"before {i}", 10) ? 1 : 0;

        Assert.InRange(taken, 1, 20);
        await writer.FlushAsync(TimeSpan.FromMilliseconds(1)); // which does not wait for it
        target.Flow();
        await Eventually.Async(() => target.Reported == 1000 - taken);
        Assert.True(writer.Post("after", 5));
        await writer.FlushAsync(Limits.Condition);
        Assert.Equal([.. Enumerable.Range(0, taken).Select(static i => $"before {i}"), $"missing {1000 - taken}", "after"], target.Lines);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Vital_lines_have_room_when_others_have_none()
    {
        var target = new Target();
        var writer = new LineWriter<string>("test", target, new LineLimits(10, 1000, VitalLines: 5, VitalCharacters: 1000));
        target.Stall();
        Assert.True(writer.Post("first", 5));
        await Eventually.Async(() => target.IsWaiting); // the thread has taken one, and takes no other
        for (int i = 0; i < 100; i++)
            writer.Post("any", 3);

        Assert.False(writer.Post("any", 3));
        Assert.True(writer.Post("vital", 5, isVital: true));
        for (int i = 0; i < 10; i++)
            writer.Post("vital", 5, isVital: true);

        Assert.False(writer.Post("vital", 5, isVital: true)); // nor is there room without end for them
        target.Flow();
        await writer.FlushAsync(Limits.Condition);
        Assert.Contains("vital", target.Lines);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task What_the_target_refuses_or_throws_at_is_counted_too()
    {
        var target = new Target { Fails = true };
        var writer = new LineWriter<string>("test", target, new LineLimits(1000, 100_000));
        for (int i = 0; i < 10; i++)
            writer.Post("lost", 4);

        await writer.FlushAsync(Limits.Condition);
        target.Fails = false;
        target.Throws = true;
        writer.Post("lost", 4);
        await writer.FlushAsync(Limits.Condition);
        target.Throws = false;
        writer.Post("written", 7);
        await writer.FlushAsync(Limits.Condition);
        Assert.Equal(["missing 11", "written"], target.Lines);
    }

    private sealed class Target : ILineTarget<string>
    {
        private readonly Lock _lock = new();
        private readonly List<string> _lines = [];
        private readonly ManualResetEventSlim _flows = new(initialState: true);
        private long _reported;
        private bool _isWaiting;

        internal bool WasOnThreadPool { get; private set; }

        /// <summary>Whether the writer's thread is with a line that is not taken.</summary>
        internal bool IsWaiting => Volatile.Read(ref _isWaiting);

        internal bool Fails { get; set; }

        internal bool Throws { get; set; }

        internal long Reported => Volatile.Read(ref _reported);

        internal string[] Lines
        {
            get
            {
                lock (_lock)
                    return [.. _lines];
            }
        }

        internal void Stall() => _flows.Reset();

        internal void Flow() => _flows.Set();

        public bool TryWrite(string line) => Add(line);

        public bool TryReport(long dropped)
        {
            if (!Add($"missing {dropped}"))
                return false;

            Interlocked.Add(ref _reported, dropped);
            return true;
        }

        private bool Add(string line)
        {
            WasOnThreadPool |= Thread.CurrentThread.IsThreadPoolThread;
            Volatile.Write(ref _isWaiting, !_flows.IsSet);
            _flows.Wait();
            if (Throws)
                throw new InvalidOperationException("It throws, as it was told to.");
            if (Fails)
                return false;

            lock (_lock)
                _lines.Add(line);

            return true;
        }
    }
}
