using Tandem.BackgroundWork;
using Tandem.Interop;
using Tandem.Work;

namespace Tandem.Processes;

/// <content>What becomes of a dead worker's items.</content>
internal sealed partial class ProcessEngine
{
    /// <summary>A worker's exit is confirmed, and all that it wrote has been read: each of its items goes on or fails.</summary>
    internal void OnExited(ProcessWorker worker, ExitStatus status)
    {
        // Whatever goes wrong with the link, the exit has happened: the supervisor must hear of it, or the pool waits for this worker for ever.
        Background.Run(worker.Link.DrainAndClose, Events.OnBackgroundFailure);
        List<WorkItem> items;
        lock (_lock)
            items = worker.TakeItems();

        List<(WorkItem Item, Exception Error)> failed = [];
        List<WorkItem> waiting = [];
        var forensics = new Forensics(worker, status);
        foreach (WorkItem item in items)
        {
            try
            {
                SortOut(worker, forensics, item, waiting, failed);
            }
            catch (Exception e)
            {
                // It could not be found out what became of it. It fails, and the others are not concerned.
                Background.Report(e);
                Events.OnBackgroundFailure(e);
                failed.Add((item, new WorkerCrashedException(new CrashReport(
                    worker.ProcessId, status.Code, status.SignalName, item.Name, item.Attempt, worker.ErrorTail, $"What it had done by then could not be found out: {e.Message}."))));
            }
        }

        Sleepers sleepers;
        lock (_lock)
        {
            // In the order in which they were sent, before everything that waits.
            for (int i = waiting.Count - 1; i >= 0; i--)
            {
                waiting[i].Worker = null;
                if (waiting[i].TryRequeue())
                    _queue.EnqueueFirst(waiting[i]);
            }

            _supervisor.OnExited(worker, forensics);
            Pump(null);
            sleepers = _dispatcher.FlushTouched();
            foreach (WorkItem item in TakeUnservable())
                failed.Add((item, Disposed()));
        }

        sleepers.Wake();
        foreach ((WorkItem item, Exception error) in failed)
            Background.Run(() => GiveUp(item, error), e => item.SetException(error));

        Background.Run(worker.Dispose, Events.OnBackgroundFailure);
        lock (_lock)
            CheckIdle();
    }

    private void SortOut(
        ProcessWorker worker, Forensics forensics, WorkItem item, List<WorkItem> waiting, List<(WorkItem Item, Exception Error)> failed)
    {
        if (item.IsSettled)
        {
            FreePayload(item); // its time was over before its worker was
            return;
        }

        int progress = worker.Link.ProgressOf(item.Slot, item.Sequence);
        if (progress < item.FirstElement)
        {
            item.Attempt--; // it never started
            if (IsDiscarding)
                failed.Add((item, Disposed()));
            else
                waiting.Add(item);
            return;
        }

        if (item.ElementCount > 0 && !worker.TryRecoverElements(item, Math.Min(progress, item.ElementCount)))
        {
            failed.Add((item, forensics.Describe(item, progress)));
            return;
        }

        // Between the last element and the result of the whole, no element was running.
        if (item.ElementCount == 0 || progress < item.Progress.End)
        {
            if (MayRetry(item))
            {
                waiting.Add(item);
                return;
            }

            Exception error = ErrorFor(item, forensics, progress);
            if (item.ElementCount == 0)
            {
                failed.Add((item, error));
                return;
            }

            item.FailElement(progress, error);
        }

        if (item.IsSettled)
            FreePayload(item);
        else
            waiting.Add(item);
    }

    private bool MayRetry(WorkItem item)
    {
        // What runs may finish while the pool is disposed, but begins no other attempt.
        if (item.Limits is not { MaxCrashRetries: > 0 } limits || item.CancellationToken.IsCancellationRequested || IsDiscarding)
            return false;

        if (item.Details.Crashes++ < limits.MaxCrashRetries)
            return true;

        Events.Raise(WorkerEventKind.Quarantined, item.Worker?.ProcessId ?? 0, $"'{item.Name}' has crashed {item.Details.Crashes} workers and is not tried again.");
        return false;
    }

    private Exception ErrorFor(WorkItem item, Forensics forensics, int element)
    {
        if (item.CancellationToken.IsCancellationRequested)
            return new OperationCanceledException(item.CancellationToken);

        return IsAborting ? Disposed() : forensics.Describe(item, element);
    }
}
