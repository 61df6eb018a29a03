using System.Runtime.Versioning;
using Tandem.Transport;
using Tandem.Transport.Mapped;
using Tandem.Transport.SharedMemory;

namespace Tandem.Tests.Mapped;

/// <summary>Both ends of a link over mapped memory, while they connect, sleep, and end.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class MappedLinkTests
{
    [Fact(Timeout = Limits.Test)]
    public async Task Frames_go_both_ways_between_ends_that_sleep()
    {
        using var pair = new MappedPair();
        pair.Start();
        SharedMemoryParentLink worker = pair.Connect();
        const int Rounds = 300;
        Task echo = Task.Run(() => Echo(worker, Rounds), TestContext.Current.CancellationToken);

        for (uint i = 0; i < Rounds; i++)
        {
            Assert.True(pair.Link.TrySend(FrameKind.Trace, 3, i, 0, [1, 2, 3]));
            if (pair.Link.Flush())
                pair.Link.Wake();
            await Eventually.Async(() => pair.Frames.Count == i + 1);
        }

        await echo;
        Assert.Equal(Enumerable.Range(0, Rounds).Select(static i => (FrameKind.Progress, (uint)i)), pair.Frames);
    }

    /// <summary>A worker may map, announce that it sleeps, and sleep, before the parent knows of its connection.</summary>
    [Fact(Timeout = Limits.Test)]
    public async Task A_frame_that_is_sent_before_the_worker_connects_reaches_it()
    {
        using var pair = new MappedPair();
        Assert.True(pair.Link.TrySend(FrameKind.Trace, 3, 0, 0, []));
        pair.Link.Flush();
        pair.Link.SendControl(FrameKind.Cancel, 5, 6, 7);
        SharedMemoryParentLink worker = pair.Connect();
        Task echo = Task.Run(() => Echo(worker, 2), TestContext.Current.CancellationToken);
        Assert.True(pair.Link.TrySend(FrameKind.Trace, 3, 1, 0, []));
        if (pair.Link.Flush())
            pair.Link.Wake(); // there is no connection yet

        pair.Start();

        await echo;
        Assert.True(worker.ReceiveControl(out Frame control));
        Assert.Equal((FrameKind.Cancel, 5, 6u, 7), (control.Kind, control.Slot, control.Sequence, control.Extra));
        await Eventually.Async(() => pair.Frames.Count == 2);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Once_both_ends_have_opened_everything_only_the_pools_names_are_left()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no files here.");
        using var pair = new MappedPair();
        Assert.Equal(["7.b", "7.c", "7.l", "7.r", "lock", "requests"], pair.Files());
        pair.Start();
        pair.Connect();

        await Eventually.Async(() => pair.Files() is ["lock", "requests"]);
    }

    [Fact(Timeout = Limits.Test)]
    public void A_link_that_ends_before_its_worker_connects_leaves_no_names()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no files here.");
        using var pair = new MappedPair();
        pair.Start();
        pair.Link.Dispose();

        Assert.Equal(["lock", "requests"], pair.Files());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_link_may_end_while_its_worker_connects()
    {
        for (int i = 0; i < 100; i++)
        {
            using var pair = new MappedPair();
            pair.Start();
            using var together = new Barrier(2);
            Task connecting = Task.Run(
                () =>
                {
                    together.SignalAndWait();
                    try
                    {
                        pair.Connect();
                    }
                    catch (Exception e) when (e is IOException or TimeoutException)
                    {
                        // It was faster.
                    }
                },
                TestContext.Current.CancellationToken);
            together.SignalAndWait();
            pair.Link.Dispose();
            await connecting;
            Assert.False(pair.Broken.IsCompleted);
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_end_of_the_workers_connection_is_reported_as_its_exit()
    {
        using var pair = new MappedPair();
        pair.Start();
        pair.Connect().Unmap();

        await pair.Ending;
        Assert.False(pair.Broken.IsCompleted);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_end_of_the_parents_connection_ends_both_threads_of_the_worker()
    {
        using var pair = new MappedPair();
        pair.Start();
        SharedMemoryParentLink worker = pair.Connect();
        Task<bool> main = Task.Run(() => worker.Receive(out _), TestContext.Current.CancellationToken);
        Task<bool> control = Task.Run(() => worker.ReceiveControl(out _), TestContext.Current.CancellationToken);
        await Eventually.Async(() => OperatingSystem.IsWindows() || pair.Files() is ["lock", "requests"]);

        pair.Link.Dispose();

        Assert.False(await control);
        Assert.False(await main);
    }

    /// <summary>
    /// The memory of a hole would have to come from somewhere when it is read, and where there is none, reading ends the process.
    /// </summary>
    [Theory(Timeout = Limits.Test)]
    [InlineData(0, 1)]
    [InlineData(0, 64 * 1024)]
    [InlineData(1 << 20, 1)]
    [InlineData(128 << 20, 100)]
    public unsafe void A_result_in_memory_that_was_never_written_is_refused_whatever_its_size(long offset, long length)
    {
        using var pair = new MappedPair();
        var message = new ResultMessage { InArea = 1, Offset = offset, Length = length };
        var frame = new Frame { Kind = FrameKind.Result };

        Assert.Throws<ProtocolException>(() => pair.Link.ResolveResult(in frame, ref message) == null);
    }

    [Fact(Timeout = Limits.Test)]
    public unsafe void A_result_that_was_written_is_found()
    {
        using var pair = new MappedPair();
        SharedMemoryParentLink worker = pair.Connect();
        byte* block = worker.ResultMemory.Allocate(100_000, out nint actual);
        Assert.InRange(actual, 100_000, 128 * 1024);
        new Span<byte>(block, 100_000).Fill(9);
        var message = new ResultMessage { InArea = 1, Offset = 0, Length = 100_000 };
        var frame = new Frame { Kind = FrameKind.Result };

        byte* found = pair.Link.ResolveResult(in frame, ref message);

        Assert.False(new ReadOnlySpan<byte>(found, 100_000).ContainsAnyExcept((byte)9));
    }

    [Fact(Timeout = Limits.Test)]
    public void A_worker_cannot_map_the_pools_arguments_for_writing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads the list of mappings.");
        using var pair = new MappedPair();
        pair.Connect();

        string[] mappings = [.. File.ReadAllLines("/proc/self/maps").Where(line => line.EndsWith(pair.Address.Requests, StringComparison.Ordinal))];

        Assert.Equal(["r--s", "rw-s"], mappings.Select(static line => line.Split(' ')[1]).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("shared-memory")]
    [InlineData("/tmp/tandem-0123456789")]
    [InlineData("mapped:")]
    [InlineData("mapped:x:/tmp")]
    public void An_address_of_another_transport_is_none_of_mapped_memory(string address) => Assert.Null(MappedAddress.TryParse(address));

    private static void Echo(SharedMemoryParentLink worker, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            Assert.True(worker.Receive(out Frame frame));
            worker.Send(FrameKind.Progress, frame.Slot, frame.Sequence, 0, []);
            worker.Release();
        }
    }
}
