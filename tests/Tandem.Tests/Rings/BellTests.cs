using System.Net.Sockets;
using System.Runtime.Versioning;
using Tandem.Transport.Mapped;
using Tandem.Transport.SharedMemory;

namespace Tandem.Tests.Rings;

/// <summary>Bells of every kind that this system has, between two threads.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class BellTests
{
    private const int Forever = -1;

    [Theory(Timeout = Limits.Test)]
    [InlineData("pipe of another process")]
    [InlineData("pipe of this process")]
    [InlineData("event")]
    public async Task A_ring_ends_a_wait_whether_it_comes_before_or_during_it(string kind)
    {
        using var bells = TestBells.Create(kind);
        Drain(bells.Consumer!);

        bells.Producer!.Ring();
        await Task.Run(() => bells.Consumer!.Wait(Forever), TestContext.Current.CancellationToken);

        var waiting = Task.Run(() => bells.Consumer!.Wait(Forever), TestContext.Current.CancellationToken);
        bells.Producer.Ring();
        await waiting;
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("pipe of another process")]
    [InlineData("pipe of this process")]
    [InlineData("event")]
    public async Task Rings_that_nobody_waits_for_block_nobody_and_end_the_next_wait(string kind)
    {
        using var bells = TestBells.Create(kind);

        // More than any pipe or socket holds.
        for (int i = 0; i < 1_000_000; i++)
            bells.Producer!.Ring();

        await Task.Run(() => bells.Consumer!.Wait(Forever), TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_ring_before_the_connection_exists_arrives_with_the_connection()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has events.");
        (Socket first, Socket second) = TestBells.Connect();
        using (first)
        using (second)
        {
            using var remote = new RemotePipeBell();
            using var local = new PipeBell();
            remote.Ring();
            var waiting = Task.Run(() => local.Wait(Forever), TestContext.Current.CancellationToken);
            local.Connect((int)second.Handle);
            await waiting;

            remote.Connect((int)first.Handle);
            await Task.Run(() => local.Wait(Forever), TestContext.Current.CancellationToken);
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task After_the_end_of_the_connection_a_wait_does_not_return_at_once_again_and_again()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has events.");
        (Socket first, Socket second) = TestBells.Connect();
        using (second)
        {
            using var bell = new PipeBell();
            bell.Connect((int)second.Handle);
            first.Dispose();
            Drain(bell);

            // A signal to the thread, such as those by which the runtime suspends it, ends a wait too, but not each one.
            for (int ended = 0; ; ended++)
            {
                Assert.True(ended < 50, "Every wait returns at once.");
                var waiting = Task.Run(() => bell.Wait(Forever), TestContext.Current.CancellationToken);
                if (await Task.WhenAny(waiting, Task.Delay(200, TestContext.Current.CancellationToken)) == waiting)
                    continue;

                bell.Ring();
                await waiting;
                break;
            }
        }
    }

    /// <summary>Takes what the bell remembers: the connection's own ring, and the end of the connection.</summary>
    private static void Drain(Bell bell)
    {
        for (int i = 0; i < 3; i++)
            bell.Wait(0);
    }
}
