using System.Diagnostics;

namespace Tandem.Processes;

/// <summary>
/// Gives the pool as many workers as it needs: has workers started, promotes spares, and drains those that are too many or have
/// successors. <see cref="StaffingPlan"/> decides; this class does it. All under the engine's lock.
/// </summary>
/// <param name="options">The pool's.</param>
/// <param name="roster">The pool's workers.</param>
/// <param name="stopper">Drains workers.</param>
/// <param name="failures">Says whether the next start waits.</param>
/// <param name="starter">Starts workers.</param>
/// <param name="gate">The engine's lock.</param>
internal sealed class WorkerStaffing(
    ProcessPoolOptions options, WorkerRoster roster, WorkerStopper stopper, StartFailures failures, WorkerStarter starter, Lock gate)
{
    /// <summary>Whether an item that waits could not have another worker started: there are enough, or starts fail.</summary>
    internal bool IsStaffed => roster.Wanted >= options.MaxWorkers || failures.IsBackingOff;

    /// <summary>
    /// Starts workers for items that wait, as far as there may be more; spares step in at once. Workers that are due are drained when
    /// their successors are ready.
    /// </summary>
    /// <returns>Whether a spare stepped in, so that there is room for items now.</returns>
    internal bool Balance(int waiting)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        // Called with every batch of answers: nothing is decided again unless something has changed.
        if (roster.IsStopping || !(roster.IsChanged || (waiting > 0 && roster.Wanted < options.MaxWorkers)))
            return false;

        roster.TakeChange();
        WorkerCounts now = roster.Count();
        if (waiting > 0)
        {
            int needed = Math.Min(options.MaxWorkers, now.Serving + Math.Min(waiting, options.MaxWorkers));
            roster.Wanted = Math.Max(roster.Wanted, needed);
        }

        StaffingPlan plan = roster.PlanFor(now);
        bool promoted = Promote(plan.Promote);
        Drain(plan);
        if (waiting > 0 && failures.IsBackingOff && failures.LimitReached is { } error && now.Serving + now.Due + now.Starting == 0)
        {
            // The items could only wait for the next start, which may be far away.
            failures.FailWaiting(error);
            roster.OnChanged(); // decide again for the next item
            return false;
        }

        if (failures.IsBackingOff || roster.Wanted == 0)
            return promoted;

        // The number of all processes stays bounded, even if some do not exit.
        int room = 2 * options.MaxWorkers + options.SpareWorkers + 1 - roster.Workers.Count - roster.Launching;
        for (int i = Math.Min(Math.Min(plan.Start, room), failures.AllowedStarts(now.Starting)); i > 0; i--)
            starter.BeginStart();

        return promoted;
    }

    /// <summary>Spares take the places of workers that have exited. No other worker is started yet.</summary>
    /// <returns>Whether a spare stepped in.</returns>
    internal bool PromoteSpares()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        return Promote(roster.PlanFor(roster.Count()).Promote);
    }

    /// <summary>There may be more workers now, or must be fewer.</summary>
    internal void OnResized()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        roster.Wanted = Math.Min(roster.Wanted, options.MaxWorkers);
        roster.OnChanged();
    }

    private bool Promote(int count)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        for (int i = 0; i < count; i++)
        {
            ProcessWorker spare = roster.Workers.Find(static worker => worker.Role == WorkerRole.Spare)!;
            spare.IsSpare = false;
            spare.MarkIdle();
        }

        return count > 0;
    }

    /// <summary>Drains the workers that have successors, and those that are too many.</summary>
    private void Drain(StaffingPlan plan)
    {
        Drain(plan.RetireDue, WorkerRole.Due);
        Drain(plan.RetireServing, WorkerRole.Serving);
        Drain(plan.RetireSpares, WorkerRole.Spare);
    }

    /// <summary>Drains workers of a role; first those that have nothing to do.</summary>
    private void Drain(int count, WorkerRole role)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        if (count == 0)
            return;

        foreach (WorkerState state in (ReadOnlySpan<WorkerState>)[WorkerState.Idle, WorkerState.Busy])
        {
            for (int i = roster.Workers.Count - 1; i >= 0 && count > 0; i--)
            {
                if (roster.Workers[i] is var worker && worker.Role == role && worker.State == state)
                {
                    stopper.Drain(worker);
                    count--;
                }
            }
        }
    }
}
