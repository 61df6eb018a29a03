using Tandem.Invocation;
using Tandem.Processes;
using Tandem.Threading;
using Tandem.Work;

namespace Tandem.Tests.Processes;

/// <summary>What a call takes on the heap beside its task: every word counts in what a million calls hold at once.</summary>
public sealed class ItemSizeTests
{
    private const int Words = 8; // with the two that every object has

    private static readonly Func<int> Work = static () => 1;

    [Fact]
    public void A_call_to_a_process_is_small()
    {
        var task = new CallTask<int>();
        CallPayload callPayload = CallPayload.Of(PlainAdapter<int>.Instance, Work, null);

        AssertSmall(() => new RemoteCall(task, callPayload, CancellationToken.None));
    }

    [Fact]
    public void A_call_to_a_thread_is_small()
    {
        var task = new CallTask<int>();

        AssertSmall(() => new LocalCall(task, PlainAdapter<int>.Instance, Work, null, CancellationToken.None));
    }

    [Fact]
    public void A_task_of_a_call_is_no_larger_than_what_it_builds_on() =>
        Assert.Equal(SizeOf(static () => new TaskCompletionSource<int>()), SizeOf(static () => new CallTask<int>()));

    private static void AssertSmall(Func<object> make) => Assert.InRange(SizeOf(make), 1, Words * IntPtr.Size);

    private static long SizeOf(Func<object> make)
    {
        const int Many = 100;
        object[] all = new object[Many];
        make();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Many; i++)
            all[i] = make();
        long size = (GC.GetAllocatedBytesForCurrentThread() - before) / Many;
        GC.KeepAlive(all);
        return size;
    }
}
