using System.Diagnostics;
using CsCheck;
using Tandem.Mapping;

namespace Tandem.Tests.Policies;

/// <summary>How many elements of a map are sent together.</summary>
public sealed class ChunkSizerTests
{
    private static readonly long Millisecond = Stopwatch.Frequency / 1000;

    [Fact]
    public void The_first_chunk_has_one_element() => Assert.Equal(1, new ChunkSizer(1024, 4096, 2).Size);

    [Fact]
    public void Short_elements_make_chunks_grow_at_most_eightfold_up_to_the_maximum()
    {
        var sizer = new ChunkSizer(1024, lookAhead: 1_000_000, lanes: 2);
        int[] sizes = [.. Enumerable.Range(0, 5).Select(_ => LearnAndGet(sizer, elapsed: 0, sizer.Size))];

        Assert.Equal([8, 64, 512, 1024, 1024], sizes);
    }

    [Fact]
    public void A_slow_chunk_shrinks_the_next_one_at_once()
    {
        var sizer = new ChunkSizer(1024, lookAhead: 1_000_000, lanes: 2);
        while (sizer.Size < 1024)
            sizer.Learn(0, sizer.Size);

        sizer.Learn(1024 * 3 * Millisecond, 1024);

        Assert.Equal(2, sizer.Size);
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(6, 2)]
    [InlineData(7, 1)]
    public void Elements_of_up_to_six_milliseconds_go_in_pairs(int milliseconds, int size)
    {
        var sizer = new ChunkSizer(1024, lookAhead: 1_000_000, lanes: 2);
        sizer.Learn(milliseconds * Millisecond, 1);
        Assert.Equal(size, sizer.Size);
    }

    [Fact]
    public void A_chunk_takes_about_three_milliseconds()
    {
        var sizer = new ChunkSizer(1024, lookAhead: 1_000_000, lanes: 2);
        for (int i = 0; i < 10; i++)
            sizer.Learn(sizer.Size * Millisecond / 50, sizer.Size);

        Assert.InRange(sizer.Size, 135, 165);
    }

    [Fact]
    public void Each_lane_has_a_chunk_and_another_one_waiting_within_the_look_ahead()
    {
        var sizer = new ChunkSizer(1024, lookAhead: 64, lanes: 4);
        for (int i = 0; i < 10; i++)
            sizer.Learn(0, sizer.Size);

        Assert.Equal(8, sizer.Size);
    }

    [Fact]
    public void A_size_is_always_between_one_and_the_maximum() =>
        Gen.Select(Gen.Int[1, 2048], Gen.Int[1, 100_000], Gen.Int[1, 64], Gen.Select(Gen.Long[0, long.MaxValue], Gen.Int[0, 2048]).Array[0, 50])
            .Sample((maximum, lookAhead, lanes, chunks) =>
            {
                var sizer = new ChunkSizer(maximum, lookAhead, lanes);
                foreach ((long elapsed, int items) in chunks)
                {
                    int before = sizer.Size;
                    sizer.Learn(elapsed, items);
                    if (sizer.Size < 1 || sizer.Size > maximum || sizer.Size > before * 8L)
                        return false;
                }

                return true;
            });

    private static int LearnAndGet(ChunkSizer sizer, long elapsed, int items)
    {
        sizer.Learn(elapsed, items);
        return sizer.Size;
    }
}
