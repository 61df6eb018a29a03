using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Tandem.Serve.Workers;

/// <content>Workers that have a request which took too long and does not give its thread back (--request-timeout).</content>
internal sealed partial class WebSupervisor
{
    /// <summary>Gives a worker a successor when it says that it has such a request. Until then it goes on: its other threads serve.</summary>
    private async Task FollowStuckAsync(Slot slot, WebWorker worker)
    {
        if (await worker.Stuck.ConfigureAwait(false) is not { } stuck || worker.IsToldToStop)
            return;

        try
        {
            string stack = stuck.ThreadId > 0 ? await Task.Run(() => StackOf(worker.ProcessId, stuck.ThreadId)).ConfigureAwait(false) : "";
            string reason = $"a request has not ended although it was told to (--request-timeout): {stuck.Request}";
            Log.Write($"worker {slot.Number} (pid {worker.ProcessId}): {reason}. {stack}");
            await ReplaceStuckAsync(slot, worker, reason).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end has come first.
        }
        catch (Exception e)
        {
            Log.Write($"worker {slot.Number} (pid {worker.ProcessId}), which has a request that does not end, could not be replaced: {e}");
        }
    }

    /// <summary>As a crash counts: where it happens again and again, replacements become rare, and crash loops are reported.</summary>
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
                Log.Write(string.Create(CultureInfo.InvariantCulture, $"worker {slot.Number} is replaced in {delay.TotalSeconds:0.###} s{loop}, and goes on until then"));
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
                    return; // another one serves there by now

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
            Log.Write($"worker {slot.Number} goes on, because its successor did not become ready: {failure.Message}");
        }
    }
}
