using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task Values_of_many_kinds_travel_both_ways()
    {
        byte small = 200;
        double real = double.NegativeZero;
        decimal money = 12.50m;
        string text = "naïve 🚲";
        string? nothing = null;
        int? some = 5, none = null;
        Samples.Colour colour = Samples.Colour.Green;
        var point = new Samples.Point(3, 4);
        (int Left, string Right) pair = (1, "two");
        byte[] bytes = [1, 2, 3];
        int[,] grid = { { 1, 2 }, { 3, 4 } };
        Memory<int> memory = new[] { 9, 8, 7 }.AsMemory(1);
        Dictionary<string, List<int>> map = new(StringComparer.OrdinalIgnoreCase) { ["A"] = [1], ["b"] = [2, 3] };
        HashSet<DayOfWeek> days = [DayOfWeek.Friday];
        DateTimeOffset moment = DateTimeOffset.UnixEpoch.AddDays(1);
        Guid id = Guid.NewGuid();
        var uri = new Uri("https://example.org/a?b=c");

        var result = await Pool.RunAsync(() =>
            (small, real, money, text, nothing, some, none, colour, point, pair, bytes, grid, memory: memory.ToArray(), found: map["B"], days, moment, id, uri));

        Assert.Equal((small, money, text, nothing, some, none), (result.small, result.money, result.text, result.nothing, result.some, result.none));
        Assert.True(double.IsNegative(result.real));
        Assert.Equal((colour, point, pair, moment, id, uri), (result.colour, result.point, result.pair, result.moment, result.id, result.uri));
        Assert.Equal(bytes, result.bytes);
        Assert.Equal(grid, result.grid);
        Assert.Equal([8, 7], result.memory);
        Assert.Equal([2, 3], result.found);
        Assert.Equal(days, result.days);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Objects_that_static_fields_hold_are_those_objects_in_the_work_and_in_the_result()
    {
        Samples.Planet planet = Samples.Planet.Earth;
        object own = Nothing;
        (bool samePlanet, bool sameNext, bool sameMissing, bool sameOwn) = await Pool.RunAsync(() => (
            planet == Samples.Planet.Earth, planet.Next == Samples.Planet.Mars, (object?)planet.Moon == Samples.Planet.None, own == Nothing));
        Assert.True(samePlanet && sameNext && sameMissing && sameOwn);
        Assert.Same(Samples.Planet.Mars, await Pool.RunAsync(() => planet.Next));
        Assert.Same(Nothing, await Pool.RunAsync(static () => Nothing));
        Assert.Equal([true, false], await Pool.MapAsync(new[] { own, new object() }, static value => value == Nothing).ToListAsync());
    }

    private static readonly object Nothing = new();

    [Fact(Timeout = Limits.Test)]
    public async Task Shared_references_stay_shared_inside_one_call()
    {
        List<int> first = [1];
        List<int> second = first;
        var node = new Samples.Node { Value = 1 };
        node.Next = new Samples.Node { Value = 2, Next = node };

        (int count, bool circle, Samples.Node back) = await Pool.RunAsync(() =>
        {
            first.Add(2);
            return (second.Count, ReferenceEquals(node.Next!.Next, node), node);
        });

        Assert.Equal(2, count);
        Assert.True(circle);
        Assert.Same(back, back.Next!.Next);
        Assert.Equal(Backend.CopiesValues, !ReferenceEquals(node, back));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Members_keep_their_run_time_types()
    {
        var drawing = new Samples.Drawing("d", [new Samples.Circle(1), new Samples.Square(2)], null);
        drawing = drawing with { Favourite = drawing.Shapes[1] };
        object boxed = new Samples.Point(1, 2);
        IReadOnlyList<object> mixed = [1, "two", 3.0];

        (string text, Samples.Drawing back, object point, string types) = await Pool.RunAsync(() =>
            (string.Join(", ", drawing.Shapes.Select(shape => shape.Describe())), drawing, boxed, string.Join(", ", mixed.Select(value => value.GetType().Name))));

        Assert.Equal("circle of 1, square of 2", text);
        Assert.Same(back.Shapes[1], back.Favourite);
        Assert.Equal(new Samples.Point(1, 2), point);
        Assert.Equal("Int32, String, Double", types);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_000)]
    [InlineData(70_000)]
    [InlineData(1 << 20)]
    [InlineData(48 << 20)]
    public async Task Payloads_of_any_size_travel_both_ways(int size)
    {
        byte[] bytes = new byte[size];
        new Random(size).NextBytes(bytes);

        byte[] reversed = await Pool.RunAsync(static (input, _) =>
        {
            byte[] copy = [.. input];
            Array.Reverse(copy);
            return copy;
        }, bytes);

        Array.Reverse(reversed);
        Assert.True(bytes.AsSpan().SequenceEqual(reversed));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Null_travels_as_argument_and_result()
    {
        Assert.Null(await Pool.RunAsync<string?, string?>(static (string? input, CancellationToken _) => input, null));
        Assert.Null(await Pool.RunAsync(static () => (object?)null));
        Assert.Null(await Pool.RunAsync(static () => (int?)null));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_captured_token_is_cancelled_in_the_work()
    {
        Gate started = NewGate();
        using var source = new CancellationTokenSource();
        CancellationToken token = source.Token;

        Task<bool> seen = Pool.RunAsync(() =>
        {
            started.Open();
            return token.WaitHandle.WaitOne(Limits.Condition);
        });
        await started.OpenedAsync();
        await source.CancelAsync();

        Assert.True(await seen);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_captured_token_that_was_cancelled_before_arrives_cancelled()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        CancellationToken token = source.Token;
        CancellationToken never = CancellationToken.None;

        // The news travels beside the call, so it may come a moment after it.
        (bool cancelled, bool other) = await Pool.RunAsync(() => (token.WaitHandle.WaitOne(Limits.Condition), never.IsCancellationRequested));

        Assert.True(cancelled);
        Assert.False(other);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_token_in_an_object_that_the_work_captures_is_cancelled_too()
    {
        Gate started = NewGate();
        using var source = new CancellationTokenSource();
        var request = new Samples.Line { Source = source.Token };

        Task<bool> seen = Pool.RunAsync(() =>
        {
            var token = (CancellationToken)request.Source!;
            started.Open();
            return token.WaitHandle.WaitOne(Limits.Condition);
        });
        await started.OpenedAsync();
        await source.CancelAsync();

        Assert.True(await seen);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Reports_of_progress_arrive_in_order()
    {
        var reports = new Reports<string>();
        IProgress<string> progress = reports;

        await Pool.RunAsync(() =>
        {
            for (int i = 0; i < 200; i++)
                progress.Report($"step {i}");
        });

        await reports.ReachedAsync(200);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"step {i}"), reports.Values);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_captured_progress_object_reports()
    {
        var reports = new Reports<int>();
        var progress = new Progress<int>(reports.Report);

        await Pool.RunAsync(() =>
        {
            IProgress<int> target = progress;
            target.Report(1);
            target.Report(2);
        });

        await reports.ReachedAsync(2);
        Assert.Equal([1, 2], reports.Values.Order());
    }

    /// <summary>Keeps reports.</summary>
    private sealed class Reports<T> : IProgress<T>
    {
        private readonly List<T> _values = [];

        internal T[] Values
        {
            get
            {
                lock (_values)
                    return [.. _values];
            }
        }

        public void Report(T value)
        {
            lock (_values)
                _values.Add(value);
        }

        internal Task ReachedAsync(int count) => Eventually.Async(() => Values.Length >= count, otherwise: () => $"{Values.Length} reports instead of {count}.");
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Boxes_in_boxes_arrive_or_are_refused()
    {
        object boxes = 1;
        for (int i = 0; i < 20_000; i++)
            boxes = (boxes, i);

        int outermost = 0;
        Exception? error = await Record.ExceptionAsync(async () => outermost = await Pool.RunAsync(() => (((object, int))boxes).Item2));

        // How deep a graph may be depends on the stacks of both sides.
        Assert.True(error is WorkSerializationException || (error is null && outermost == 19_999), $"{error}");
        Assert.Equal(3, await Pool.RunAsync(static () => 3));
    }
}
