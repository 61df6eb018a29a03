using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Tandem.Transport.SharedMemory;

namespace Tandem.Tests.Rings;

/// <summary>The word by which the kernel says that a worker ends, on threads instead of processes: it is threads that the kernel means.</summary>
[SupportedOSPlatform("linux")]
public sealed class RobustFutexExitSignalTests : IDisposable
{
    private readonly nint _link = Marshal.AllocHGlobal(LinkLayout.HeaderSize);
    private readonly nint _ring = Marshal.AllocHGlobal(RingControl.Size);

    public RobustFutexExitSignalTests()
    {
        Set(0);
        unsafe
        {
            NativeMemory.Clear((void*)_ring, RingControl.Size);
        }
    }

    private unsafe RobustFutexExitSignal Signal => new((byte*)_link);

    private unsafe Doorbell Bell => new((byte*)_ring);

    public void Dispose()
    {
        Marshal.FreeHGlobal(_link);
        Marshal.FreeHGlobal(_ring);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_end_of_the_enrolled_thread_ends_a_sleep_that_began_before_or_after_it(bool isAsleepBefore)
    {
        using var end = new ManualResetEventSlim(!isAsleepBefore);
        using var enrolled = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            Signal.Register();
            enrolled.Set();
            end.Wait();
        });
        thread.Start();
        enrolled.Wait(TestContext.Current.CancellationToken);
        Assert.True(!isAsleepBefore || !Signal.HasEnded);
        Task sleeper = Task.Run(Sleep, TestContext.Current.CancellationToken);
        end.Set();
        await sleeper;
        Assert.True(Signal.HasEnded);

        // The safety net of a sleep is a second or ten: with it alone, this loop would not end before the test's limit.
        void Sleep()
        {
            Doorbell bell = Bell;
            for (int i = 0; i < 5 && !Signal.HasEnded; i++)
                Signal.Sleep(in bell, bell.Prepare(), again: true, isHandled: false);
        }
    }

    [Fact]
    public void An_end_between_the_check_and_the_sleep_prevents_the_sleep()
    {
        Set(0x40000000);
        Doorbell bell = Bell;
        Assert.False(Signal.Sleep(in bell, bell.Prepare(), again: true, isHandled: false));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_bell_ends_the_sleep_whether_the_worker_has_enrolled_or_ended_or_neither()
    {
        foreach (int word in (int[])[0, unchecked((int)0x80000000) | 4711, 0x40000000])
        {
            Set(word);
            int before = Bell.Prepare();
            Task sleeper = Task.Run(() => Sleep(before), TestContext.Current.CancellationToken);
            Bell.Wake();
            await sleeper;
            Assert.NotEqual(before, Bell.Prepare());
        }

        void Sleep(int before)
        {
            Doorbell bell = Bell;
            Signal.Sleep(in bell, before, again: true, isHandled: true);
        }
    }

    private unsafe void Set(int word) => *(LinkHeader*)_link = new LinkHeader { ExitSignal = word };
}
