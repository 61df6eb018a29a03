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
        List<RemoteItem> items;
        lock (_lock)
            items = worker.TakeItems();

        List<(RemoteItem Item, Exception Error)> failed = [];
        List<RemoteItem> waiting = [];
        var forensics = new Forensics(worker, status);
        foreach (RemoteItem item in items)
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
            AssertInvariants();
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
            foreach (RemoteItem item in TakeUnservable())
                failed.Add((item, Disposed()));
        }

        sleepers.Wake();
        foreach ((RemoteItem item, Exception error) in failed)
            Background.Run(() => GiveUp(item, error), e => item.SetException(error));

        Background.Run(worker.Dispose, Events.OnBackgroundFailure);
        lock (_lock)
            CheckIdle();
    }

    private void SortOut(
        ProcessWorker worker, Forensics forensics, RemoteItem item, List<RemoteItem> waiting, List<(RemoteItem Item, Exception Error)> failed)
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

        Chunk? chunk = item.Chunk;
        if (chunk is not null && !worker.TryRecoverElements(item, chunk, Math.Min(progress, chunk.Count)))
        {
            failed.Add((item, forensics.Describe(item, progress)));
            return;
        }

        // Between the last element and the result of the whole, no element was running.
        if (chunk is null || progress < chunk.Progress.End)
        {
            if (MayRetry(item))
            {
                waiting.Add(item);
                return;
            }

            Exception error = ErrorFor(item, forensics, progress);
            if (chunk is null)
            {
                failed.Add((item, error));
                return;
            }

            chunk.FailElement(progress, error);
        }

        if (item.IsSettled)
            FreePayload(item);
        else
            waiting.Add(item);
    }

    private bool MayRetry(RemoteItem item)
    {
        // What runs may finish while the pool is disposed, but begins no other attempt.
        if (item.Limits is not { MaxCrashRetries: > 0 } limits || item.CancellationToken.IsCancellationRequested || IsDiscarding)
            return false;

        if (item.Details.Crashes++ < limits.MaxCrashRetries)
            return true;

        Events.Raise(WorkerEventKind.Quarantined, item.Worker?.ProcessId ?? 0, $"'{item.Name}' has crashed {item.Details.Crashes} workers and is not tried again.");
        return false;
    }

    private Exception ErrorFor(RemoteItem item, Forensics forensics, int element)
    {
        if (item.CancellationToken.IsCancellationRequested)
            return new OperationCanceledException(item.CancellationToken);

        return IsAborting ? Disposed() : forensics.Describe(item, element);
    }
}
