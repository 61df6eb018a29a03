using System.Diagnostics;
using Tandem.Events;
using Tandem.Launch;

namespace Tandem.Processes;

/// <summary>Decides what the exit of a worker means: that it was told to exit, that its start failed, or that it crashed.</summary>
/// <param name="engine">Reports the exits.</param>
/// <param name="roster">The pool's workers.</param>
/// <param name="starter">Knows why a start failed.</param>
/// <param name="failures">Counts failed starts.</param>
/// <param name="gate">The engine's lock.</param>
internal sealed class WorkerExits(ProcessEngine engine, WorkerRoster roster, WorkerStarter starter, StartFailures failures, Lock gate)
{
    /// <summary>A worker broke the protocol or closed its connection: it is of no use any more.</summary>
    internal void OnBroken(ProcessWorker worker, Exception cause)
    {
        lock (gate)
        {
            if (worker.State == WorkerState.Dead)
                return; // its last frames are read after its exit

            // A worker that was told to exit closes its connection first, and may still be disposing its state.
            if (worker.Leaving.IsExpected && cause is EndOfStreamException)
                return;

            // A worker that was never ready has nothing in flight, and its exit, which will follow, tells who ended it.
            if (worker.State == WorkerState.Starting && cause is EndOfStreamException)
            {
                starter.OnDisconnected(worker);
                return;
            }

            worker.Life.MoveTo(WorkerState.Killing);
            if (cause is not EndOfStreamException)
                worker.Leave(LeavingCause.BrokeProtocol, $"It broke the protocol ({cause.Message}) and was killed.");
        }

        worker.Kill();
    }

    /// <summary>The exit of a worker is confirmed.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="forensics">What is known about its end.</param>
    internal void OnExited(ProcessWorker worker, Forensics forensics)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        worker.Life.MoveTo(WorkerState.Dead);
        worker.Deadline?.Dispose();
        roster.Remove(worker);
        // If another supervisor decides what the exit means, no other worker is started before there is work again.
        if (LaunchableProgram.Of(engine.Options).HasOwnSupervisor)
            roster.Wanted = 0;

        if (worker.Leaving.IsExpected)
        {
            engine.Events.Raise(WorkerEventKind.Ended, worker.ProcessId);
        }
        else if (!worker.WasReady)
        {
            WorkerStartException error = starter.ErrorFor(worker, forensics.Status);
            failures.OnFailed(worker.ProcessId, error, forensics.By, worker.IsInitializing);
        }
        else if (!worker.Leaving.IsReported)
        {
            string headline = forensics.Headline is { } said ? $" {said}" : "";
            engine.Events.Raise(
                WorkerEventKind.Crashed,
                worker.ProcessId,
                $"It {Supervisor.Describe(forensics.Status)}.{headline} {worker.Leaving.KillReason}".TrimEnd(),
                forensics.Status.SignalName ?? (forensics.Status.IsUnknown ? EventReason.Unknown : EventReason.Exit));
        }

        roster.CheckGone();
    }
}
