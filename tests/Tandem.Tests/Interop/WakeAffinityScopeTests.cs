using Tandem.Interop;

namespace Tandem.Tests.Interop;

/// <summary>Where a thread may wake up while a process ends, and that it may go anywhere afterwards.</summary>
public sealed class WakeAffinityScopeTests
{
    [Fact]
    public void A_sleeping_thread_may_run_on_one_processor_meanwhile_and_on_those_of_before_afterwards()
    {
        using var sleeper = new Sleeper();
        int[] before = sleeper.Processors;
        using (new WakeAffinityScope(sleeper.Thread))
            Assert.Single(sleeper.Processors);

        Assert.Equal(before, sleeper.Processors);
    }

    [Fact]
    public void No_thread_and_one_that_has_ended_are_nobodys_trouble()
    {
        int ended;
        using (var sleeper = new Sleeper())
            ended = sleeper.Thread;
        int[] before = Libc.GetProcessors();
        using (new WakeAffinityScope(0))
        using (new WakeAffinityScope(ended))
            Assert.Equal(before, Libc.GetProcessors());
    }

    [Fact]
    public void A_thread_that_was_told_to_run_elsewhere_stays_there()
    {
        int[] all = Libc.GetProcessors();
        Assert.SkipUnless(all.Length > 1, "There is one processor only.");
        using var sleeper = new Sleeper(all[0]);
        int[] meanwhile = [];
        var waker = new Thread(() =>
        {
            Libc.TryPin(all[1]);
            using (new WakeAffinityScope(sleeper.Thread))
                meanwhile = sleeper.Processors;
        });
        waker.Start();
        waker.Join();
        Assert.Equal([all[0]], meanwhile);
        Assert.Equal([all[0]], sleeper.Processors);
    }

    /// <summary>A thread that waits until it is disposed.</summary>
    private sealed class Sleeper : IDisposable
    {
        private readonly SemaphoreSlim _end = new(0);
        private readonly System.Threading.Thread _thread;

        internal Sleeper(int processor = -1)
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "Processors are chosen for threads in Linux only.");
            using var ready = new SemaphoreSlim(0);
            _thread = new System.Threading.Thread(() =>
            {
                if (processor >= 0)
                    Libc.TryPin(processor);
                Thread = Libc.GetThreadId();
                ready.Release();
                _end.Wait();
            });
            _thread.Start();
            ready.Wait();
        }

        internal int Thread { get; private set; }

        internal int[] Processors
        {
            get
            {
                Assert.True(Libc.TryGetProcessors(Thread, out ProcessorSet set));
                return [.. Enumerable.Range(0, ProcessorSet.Length).Where(processor => set.Contains(processor))];
            }
        }

        public void Dispose()
        {
            _end.Release();
            _thread.Join();
            _end.Dispose();
        }
    }
}
