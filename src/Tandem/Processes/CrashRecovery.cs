using Tandem.BackgroundWork;
using Tandem.Interop;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>
/// Decides what becomes of the items of one worker that has exited: those that never started, and those that may be tried again, wait for
/// another worker; the others fail. One object for each exit, and without the engine's lock: it reads results, and files about the exit.
/// </summary>
/// <param name="engine">The engine of the items.</param>
/// <param name="ending">Whether the pool still starts what waits.</param>
/// <param name="worker">The worker; its exit is confirmed, and all that it wrote has been read.</param>
/// <param name="forensics">What is known about its end.</param>
internal sealed class CrashRecovery(ProcessEngine engine, PoolEnding ending, ProcessWorker worker, Forensics forensics)
{
    /// <summary>Items that go on, in the order in which they were sent.</summary>
    internal List<RemoteItem> Waiting { get; } = [];

    /// <summary>Items that fail, and with what. They are settled without the engine's lock.</summary>
    internal List<(RemoteItem Item, Exception Error)> Failed { get; } = [];

    internal void ResolveItem(List<RemoteItem> items)
    {
        foreach (RemoteItem item in items)
        {
            try
            {
                ResolveItem(item);
            }
            catch (Exception e)
            {
                // It could not be found out what became of it. It fails, and the others are not concerned.
                Background.Report(e);
                engine.Events.OnBackgroundFailure(e);
                ExitStatus status = forensics.Status;
                Failed.Add((item, new WorkerCrashedException(new CrashReport(
                    worker.ProcessId,
                    status.Code,
                    status.SignalName,
                    item.Name,
                    item.Attempt,
                    worker.ErrorTail,
                    $"What it had done by then could not be found out: {e.Message}."))));
            }
        }
    }

    private void ResolveItem(RemoteItem item)
    {
        if (item.IsSettled)
        {
            engine.FreePayload(item); // its time was over before its worker was
            return;
        }

        int progress = worker.Link.ProgressOf(item.Slot, item.Sequence);
        if (progress < item.FirstElement)
        {
            item.Attempt--; // it never started
            if (ending.IsDiscarding)
                Failed.Add((item, engine.Disposed()));
            else
                Waiting.Add(item);
            return;
        }

        Chunk? chunk = item.Chunk;
        if (chunk is not null && !worker.TryRecoverElements(item, chunk, Math.Min(progress, chunk.Count)))
        {
            Failed.Add((item, forensics.Describe(item, progress)));
            return;
        }

        // Between the last element and the result of the whole, no element was running.
        if (chunk is null || progress < chunk.Progress.End)
        {
            if (MayRetry(item))
            {
                Waiting.Add(item);
                return;
            }

            Exception error = ErrorFor(item, progress);
            if (chunk is null)
            {
                Failed.Add((item, error));
                return;
            }

            chunk.FailElement(progress, error);
        }

        if (item.IsSettled)
            engine.FreePayload(item);
        else
            Waiting.Add(item);
    }

    private bool MayRetry(RemoteItem item)
    {
        // What runs may finish while the pool is disposed, but begins no other attempt.
        if (item.Limits is not { MaxCrashRetries: > 0 } limits || item.CancellationToken.IsCancellationRequested || ending.IsDiscarding)
            return false;

        if (item.Details.Crashes++ < limits.MaxCrashRetries)
            return true;

        engine.Events.Raise(
            WorkerEventKind.Quarantined,
            item.Worker?.ProcessId ?? 0,
            $"'{item.Name}' has crashed {item.Details.Crashes} workers and is not tried again.");
        return false;
    }

    private Exception ErrorFor(RemoteItem item, int element)
    {
        if (item.CancellationToken.IsCancellationRequested)
            return new OperationCanceledException(item.CancellationToken);

        return ending.IsAborting ? engine.Disposed() : forensics.Describe(item, element);
    }
}
