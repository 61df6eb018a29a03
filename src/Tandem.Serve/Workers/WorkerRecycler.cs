using System.Globalization;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>Replaces workers that have reached a limit of age or memory, one at a time.</summary>
internal sealed class WorkerRecycler
{
    private readonly SlotFiller _filler; // replaces the workers
    private readonly OperationTurns _turns; // a replacement is a planned operation
    private readonly TimeSpan _pause; // how long the next attempt waits if the successor did not become ready
    private readonly TimeProvider _time; // delays the next attempt
    private readonly ServeLog _log; // the server's log
    private bool _isReplacing; // whether a worker is being recycled; at most one is at a time

    /// <param name="filler">Replaces the workers.</param>
    /// <param name="turns">Lets planned operations take turns.</param>
    /// <param name="context">What all workers share.</param>
    internal WorkerRecycler(SlotFiller filler, OperationTurns turns, WebWorkerContext context)
    {
        _filler = filler;
        _turns = turns;
        _pause = context.Options.RestartPeriod;
        _time = context.Options.Time;
        _log = context.Log;
    }

    /// <summary>
    /// Begins to replace a worker if it has reached a limit, and no other one is being replaced. Used by the watch loop only.
    /// </summary>
    /// <param name="slot">The slot.</param>
    /// <param name="worker">Its worker.</param>
    /// <param name="now">The time, in milliseconds of the monotonic clock.</param>
    internal void Check(Slot slot, WebWorker worker, long now)
    {
        if (!_isReplacing && now >= slot.RecyclesFrom && worker.Limits.Reason(worker) is { } reason)
            _ = RecycleAsync(slot, worker, reason);
    }

    private async Task RecycleAsync(Slot slot, WebWorker worker, string reason)
    {
        _isReplacing = true;
        try
        {
            await _turns.EnterAsync().ConfigureAwait(false);
            try
            {
                if (slot.Current != worker)
                    return; // another one serves there by now

                _log.Write($"worker {slot.Number} is replaced: {reason}");
                if (await _filler.ReplaceAsync(slot, _filler.FindVersion(slot), reason).ConfigureAwait(false) is { } failure)
                    throw failure;
            }
            finally
            {
                _turns.Leave();
            }
        }
        catch (OperationCanceledException)
        {
            // The end has come first.
        }
        catch (Exception e)
        {
            slot.RecyclesFrom = _time.GetMilliseconds() + (long)_pause.TotalMilliseconds;
            _log.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"worker {slot.Number} continues, because its successor did not become ready; "
                + $"the next attempt is after at least {_pause.TotalSeconds:0.###} s: {(e is ServeException ? e.Message : e)}"));
        }
        finally
        {
            _isReplacing = false;
        }
    }
}
