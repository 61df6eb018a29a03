using System.Globalization;

namespace Tandem.Serve.Workers;

/// <summary>Replaces workers with a request that exceeded its time limit and does not release its thread (--request-timeout).</summary>
internal sealed class StuckReplacer
{
    private readonly SlotFiller _filler; // replaces the workers
    private readonly OperationTurns _turns; // a replacement is a planned operation
    private readonly TimeSpan _pause; // how long the next attempt waits if the successor did not become ready
    private readonly TimeProvider _time; // delays replacements
    private readonly ServeLog _log; // the server's log
    private readonly CancellationToken _stop; // cancelled when the supervisor stops

    /// <param name="filler">Replaces the workers.</param>
    /// <param name="turns">Lets planned operations take turns.</param>
    /// <param name="context">What all workers share.</param>
    /// <param name="stop">Cancelled when the supervisor stops.</param>
    internal StuckReplacer(SlotFiller filler, OperationTurns turns, WebWorkerContext context, CancellationToken stop)
    {
        _filler = filler;
        _turns = turns;
        _pause = context.Options.RestartPeriod;
        _time = context.Options.Time;
        _log = context.Log;
        _stop = stop;
    }

    /// <summary>
    /// Replaces a worker when it reports such a request. It continues to serve until then, because its other threads still work.
    /// </summary>
    internal async Task FollowAsync(Slot slot, WebWorker worker)
    {
        if (await worker.Stuck.ConfigureAwait(false) is not { } stuck || worker.IsAskedToStop)
            return;

        try
        {
            string stack = stuck.ThreadId > 0
                ? await Task.Run(() => WorkerStack.Describe(worker.ProcessId, stuck.ThreadId)).ConfigureAwait(false)
                : "";
            string reason = $"a request was aborted and still runs (--request-timeout): {stuck.Request}";
            _log.Write($"worker {slot.Number} (pid {worker.ProcessId}): {reason}. {stack}");
            await ReplaceAsync(slot, worker, reason).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end has come first.
        }
        catch (Exception e)
        {
            _log.Write($"worker {slot.Number} (pid {worker.ProcessId}) has a request that does not end, and could not be replaced: {e}");
        }
    }

    /// <summary>
    /// Replaces a worker. This counts as a crash: if it happens repeatedly, replacements become rare, and crash loops are reported.
    /// </summary>
    private async Task ReplaceAsync(Slot slot, WebWorker worker, string reason)
    {
        slot.StuckReplacements++;
        TimeSpan delay = slot.Crashes.OnEnded(worker.Age, wasKilled: false);
        while (slot.Current == worker && !worker.IsAskedToStop)
        {
            if (delay > TimeSpan.Zero)
            {
                string loop = slot.Crashes.Describe() is { } what ? $" ({what})" : "";
                _log.Write(string.Create(
                    CultureInfo.InvariantCulture,
                    $"worker {slot.Number} is replaced in {delay.TotalSeconds:0.###} s{loop}, and serves until then"));
                slot.NextAttempt = _time.GetUtcNow() + delay;
                await Task.WhenAny(worker.Ended, Task.Delay(delay, _time, _stop)).ConfigureAwait(false);
                _stop.ThrowIfCancellationRequested();
                slot.NextAttempt = null;
            }

            await _turns.EnterAsync().ConfigureAwait(false);
            ServeException? failure;
            try
            {
                if (slot.Current != worker)
                    return; // another worker serves there by now

                _log.Write($"worker {slot.Number} is replaced: {reason}");
                failure = await _filler.ReplaceAsync(slot, _filler.FindVersion(slot), reason).ConfigureAwait(false);
            }
            catch (ServeException e)
            {
                failure = e;
            }
            finally
            {
                _turns.Leave();
            }

            if (failure is null)
            {
                slot.Crashes.OnReady();
                return;
            }

            delay = _pause;
            _log.Write($"worker {slot.Number} continues, because its successor did not become ready: {failure.Message}");
        }
    }
}
