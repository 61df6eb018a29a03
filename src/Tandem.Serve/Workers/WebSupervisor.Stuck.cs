using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Tandem.Serve.Workers;

/// <content>Replacing workers with a request that exceeded its time limit and does not release its thread (--request-timeout).</content>
internal sealed partial class WebSupervisor
{
    /// <summary>
    /// Replaces a worker when it reports such a request. It continues to serve until then, because its other threads still work.
    /// </summary>
    private async Task FollowStuckAsync(Slot slot, WebWorker worker)
    {
        if (await worker.Stuck.ConfigureAwait(false) is not { } stuck || worker.IsToldToStop)
            return;

        try
        {
            string stack = stuck.ThreadId > 0 ? await Task.Run(() => StackOf(worker.ProcessId, stuck.ThreadId)).ConfigureAwait(false) : "";
            string reason = $"a request was aborted and still runs (--request-timeout): {stuck.Request}";
            Log.Write($"worker {slot.Number} (pid {worker.ProcessId}): {reason}. {stack}");
            await ReplaceStuckAsync(slot, worker, reason).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end has come first.
        }
        catch (Exception e)
        {
            Log.Write($"worker {slot.Number} (pid {worker.ProcessId}) has a request that does not end, and could not be replaced: {e}");
        }
    }

    /// <summary>
    /// Replaces a worker. This counts as a crash: if it happens repeatedly, replacements become rare, and crash loops are reported.
    /// </summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The clock of the server is not replaceable yet.")]
    private async Task ReplaceStuckAsync(Slot slot, WebWorker worker, string reason)
    {
        slot.StuckReplacements++;
        TimeSpan delay = slot.Crashes.OnEnded(worker.Age, wasKilled: false);
        while (slot.Current == worker && !worker.IsToldToStop)
        {
            if (delay > TimeSpan.Zero)
            {
                string loop = slot.Crashes.Describe() is { } what ? $" ({what})" : "";
                Log.Write(string.Create(CultureInfo.InvariantCulture, $"worker {slot.Number} is replaced in {delay.TotalSeconds:0.###} s{loop}, and serves until then"));
                slot.NextAttempt = DateTimeOffset.UtcNow + delay;
                await Task.WhenAny(worker.Ended, Task.Delay(delay, _stop.Token)).ConfigureAwait(false);
                _stop.Token.ThrowIfCancellationRequested();
                slot.NextAttempt = null;
            }

            await _operation.WaitAsync(_stop.Token).ConfigureAwait(false);
            ServeException? failure;
            try
            {
                if (slot.Current != worker)
                    return; // another worker serves there by now

                Log.Write($"worker {slot.Number} is replaced: {reason}");
                failure = await ReplaceAsync(slot, FindVersion(slot), reason).ConfigureAwait(false);
            }
            catch (ServeException e)
            {
                failure = e;
            }
            finally
            {
                _operation.Release();
            }

            if (failure is null)
            {
                slot.Crashes.OnReady();
                return;
            }

            delay = Options.RestartPeriod;
            Log.Write($"worker {slot.Number} continues, because its successor did not become ready: {failure.Message}");
        }
    }
}
