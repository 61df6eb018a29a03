using System.Threading.Channels;

namespace Tandem.Tests.Sharing;

/// <summary>The examples of docs/sharing.md, compiled and run.</summary>
public sealed class DocumentedExamples
{
    [Fact]
    public void Every_example_of_the_page_is_here() =>
        Documentation.AssertExamplesAreIn("docs/sharing.md", "tests/Tandem.Tests/Sharing/DocumentedExamples.cs");

    [Theory(Timeout = Limits.Test)]
    [InlineData(Isolation.Thread)]
    [InlineData(Isolation.Process)]
    public async Task Array(Isolation isolation)
    {
        await using WorkerPool pool = isolation == Isolation.Thread ? WorkerPool.Threads(2) : WorkerPool.Processes(2);

        using var prices = new SharedArray<double>(1_000_000, isolation);
        await Task.WhenAll(
            pool.RunAsync(() => prices.Slice(0, 500_000).Fill(1.5)),
            pool.RunAsync(() => prices.Slice(500_000, 500_000).Fill(2.5)));
        double last = prices[999_999]; // 2.5: the same memory, not a copy

        Assert.Equal(1.5, prices[0]);
        Assert.Equal(2.5, last);

        using ReadOnlySharedArray<double> view = prices.AsReadOnly();
        double first = await pool.RunAsync(() => view[0]); // the worker cannot write into it

        Assert.Equal(1.5, first);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(Isolation.Thread)]
    [InlineData(Isolation.Process)]
    public async Task Large_arguments_and_results(Isolation isolation)
    {
        await using WorkerPool pool = isolation == Isolation.Thread ? WorkerPool.Threads(2) : WorkerPool.Processes(2);

        using SharedArray<byte> image = await pool.RunAsync(() =>
        {
            var made = new SharedArray<byte>(1 << 20, isolation);
            made.Span.Fill(7);
            return made; // not disposed here: it belongs to the caller now
        });
        byte first = image[0]; // 7: the memory that the worker filled

        Assert.Equal(7, first);

        using var input = new SharedArray<byte>(1 << 20, isolation);
        using var output = new SharedArray<byte>(1 << 20, isolation);
        int sum = 0;
        for (byte i = 1; i <= 3; i++)
        {
            input.Span.Fill(i);
            await pool.RunAsync(() => input.Span.CopyTo(output.Span));
            sum += output[output.Length - 1]; // the answer to this call
        }

        Assert.Equal(6, sum);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(Isolation.Thread)]
    [InlineData(Isolation.Process)]
    public async Task Counter_and_lock(Isolation isolation)
    {
        await using WorkerPool pool = isolation == Isolation.Thread ? WorkerPool.Threads(2) : WorkerPool.Processes(2);

        using var done = new SharedCounter(0, isolation);
        using var gate = new SharedLock(isolation);
        using var totals = new SharedArray<long>(2, isolation);
        await pool.ForEachAsync(Enumerable.Range(0, 1000), i =>
        {
            using (gate.Enter())
            {
                totals[0] += i;
                totals[1] += i * i;
            }

            done.Increment();
        });

        Assert.Equal(1000, done.Value);
        Assert.Equal(499_500, totals[0]);

        using (SharedLock.Scope scope = await gate.EnterAsync(acceptAbandoned: true))
        {
            if (scope.WasAbandoned)
                totals.Span.Clear(); // its owner died in the middle: start again
        }
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(Isolation.Thread)]
    [InlineData(Isolation.Process)]
    public async Task Pipeline(Isolation isolation)
    {
        await using WorkerPool pool = isolation == Isolation.Thread ? WorkerPool.Threads(2) : WorkerPool.Processes(2);

        Channel<string> lines = SharedChannel.CreateBounded<string>(100, isolation);
        Channel<int> lengths = SharedChannel.CreateBounded<int>(100, isolation);
        Task work = pool.RunAsync(async token =>
        {
            await foreach (string line in lines.Reader.ReadAllAsync(token))
                await lengths.Writer.WriteAsync(line.Length, token);
            lengths.Writer.Complete();
        });

        foreach (string line in new[] { "one", "three" })
            await lines.Writer.WriteAsync(line);
        lines.Writer.Complete();
        int sum = await lengths.Reader.ReadAllAsync().SumAsync(); // 8
        await work;

        Assert.Equal(8, sum);
    }
}
