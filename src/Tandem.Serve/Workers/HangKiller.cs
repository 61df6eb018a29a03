using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>Kills workers that hang, after their stacks were logged.</summary>
/// <param name="policy">Decides whether a worker hangs.</param>
/// <param name="board">Has what the workers publish.</param>
/// <param name="log">The server's log.</param>
internal sealed class HangKiller(HangPolicy policy, Board board, ServeLog log)
{
    /// <summary>Begins to examine a worker if it hangs.</summary>
    /// <returns>Whether it hangs, and was not being examined already.</returns>
    internal bool TryBegin(Slot slot, WebWorker worker)
    {
        if (worker.IsHangHandled || Describe(worker) is not { } hang)
            return false;

        _ = KillAsync(slot, worker, hang);
        return true;
    }

    private string? Describe(WebWorker worker) => policy.Describe(ref board[worker.Entry]);

    /// <summary>
    /// Kills a worker that hangs, after logging its stack. It runs concurrently with the watch loop, on which the service manager's
    /// heartbeat and the other workers depend.
    /// </summary>
    private async Task KillAsync(Slot slot, WebWorker worker, string what)
    {
        worker.IsHangHandled = true;
        try
        {
            string stack = await Task.Run(() => WorkerStack.Describe(worker.ProcessId)).ConfigureAwait(false);
            log.Write($"worker {slot.Number} (pid {worker.ProcessId}) hangs: {what} (--hang-timeout). {stack}");
            if (Describe(worker) is not null)
            {
                worker.Kill($"The supervisor killed it because {what}.");
                return;
            }

            log.Write($"worker {slot.Number} (pid {worker.ProcessId}) has recovered and continues");
        }
        catch (Exception e)
        {
            log.Write($"worker {slot.Number} (pid {worker.ProcessId}) hangs and could not be killed: {e}");
        }

        worker.IsHangHandled = false;
    }
}
