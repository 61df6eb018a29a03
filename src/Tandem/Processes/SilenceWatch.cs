using System.Diagnostics;
using Tandem.BackgroundWork;

namespace Tandem.Processes;

/// <summary>
/// Looks every second whether workers start what they were sent. A process that was stopped (SIGSTOP), or hangs, does not; its items
/// would wait for it for ever, and their time limits count from a start that does not come. They are taken back, where the link can
/// do that, and run elsewhere; a worker that stays silent is killed.
/// </summary>
/// <remarks>
/// Runs only while workers have items, so that a pool at rest wakes nobody. On the system's clock, whatever the pool's is: it compares with
/// the processor time that the processes have used.
/// </remarks>
internal sealed class SilenceWatch(ProcessEngine engine, Supervisor supervisor, Lock gate)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private ITimer? _timer;
    private bool _runs;

    /// <summary>A worker was sent something.</summary>
    internal void OnSent()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        if (_runs)
            return;

        _runs = true;
        if (_timer is null)
            _timer = Background.Timer(Check, Interval, Interval, engine.Events.OnBackgroundFailure);
        else
            _timer.Change(Interval, Interval);
    }

    /// <summary>No worker is left.</summary>
    internal void Stop()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        _timer?.Dispose();
        _runs = true;
    }

    private void Check()
    {
        bool tookBack = false;
        lock (gate)
        {
            bool hasWork = false;
            for (int i = supervisor.Workers.Count - 1; i >= 0; i--)
            {
                ProcessWorker worker = supervisor.Workers[i];
                hasWork |= worker.InFlight > 0;
                if (worker.State is WorkerState.Busy or WorkerState.Draining)
                    tookBack |= Check(worker);
            }

            if (!hasWork && _runs)
            {
                _runs = false;
                _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        if (tookBack)
            engine.OnReady();
    }

    /// <summary>True when items were taken back.</summary>
    private bool Check(ProcessWorker worker)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        Silence silence = worker.Silence;
        if (!silence.Continues(worker))
            return false;

        if (worker.Link.CanRevoke && !worker.IsSilent && silence.Weight >= Silence.TakesBackFrom)
        {
            supervisor.Silence(worker);
            return true;
        }

        if (silence.Weight >= (worker.Link.CanRevoke ? Silence.KillsFrom : Silence.KillsWithItemsFrom))
            supervisor.KillSilent(worker);

        return false;
    }
}
