using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Tandem.Serve.Apps;
using Tandem.Serve.Control;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <content>Changing the number of workers by the load (--workers min:max).</content>
internal sealed partial class WebSupervisor
{
    private readonly ScalePolicy? _scaling; // used by the watch loop only; null for a fixed number of workers
    private ResolvedApp? _scaledApp; // the version at the last sample
    private int _scaledWorkers; // the number of workers at the last sample
    private volatile bool _isScaling; // whether a change by the load is in progress
    private int _ups; // how often the load added workers
    private int _downs; // how often the load removed a worker
    private RestartStatus? _lastScaling; // the last change by the load, for the status

    /// <summary>The state of scaling by the load; null for a fixed number of workers.</summary>
    internal ScalingStatus? Scaling() =>
        _scaling is { } scaling ? new ScalingStatus(scaling.Min, scaling.Max, scaling.State, Volatile.Read(ref _ups), Volatile.Read(ref _downs), Volatile.Read(ref _lastScaling)) : null;

    /// <summary>
    /// Takes a sample of the load; called each time after the workers were checked. During a planned replacement, or while the number
    /// changes, the load says nothing.
    /// </summary>
    private void CheckLoad()
    {
        if (_scaling is not { } scaling)
            return;

        if (_isScaling || _operation.CurrentCount == 0 || _stop.IsCancellationRequested)
        {
            scaling.Restart();
            return;
        }

        ScaleSample sample = Sample();
        if (!ReferenceEquals(_scaledApp, App))
            scaling.Forget();
        else if (_scaledWorkers != sample.Workers)
            scaling.Restart(); // the number was changed otherwise
        (_scaledApp, _scaledWorkers) = (App, sample.Workers);
        if (scaling.Evaluate(sample) is not { } decision)
            return;

        _isScaling = true;
        _ = ScaleByLoadAsync(sample.Workers, decision);
    }

    private ScaleSample Sample()
    {
        long longest = 0, requests = 0;
        int accepting = 0, waiting = 0, blocked = 0;
        List<Slot> slots = Slots();
        foreach (Slot slot in slots)
        {
            if (slot.Current is not { IsToldToStop: false, State: WebWorkerState.Accepting } worker)
                continue;

            ref BoardEntry entry = ref _context.Board[worker.Entry];
            long wait = entry.QueueWait;
            accepting++;
            waiting += wait >= Options.ScaleWait.TotalMilliseconds ? 1 : 0;
            blocked += entry.IsBlocked ? 1 : 0;
            requests += Math.Max(0, Volatile.Read(ref entry.Requests) - Volatile.Read(ref entry.Completed));
            longest = Math.Max(longest, wait);
        }

        return new ScaleSample(slots.Count, accepting, waiting, blocked, _context.Listeners.HaveWaiting(), requests, TimeSpan.FromMilliseconds(longest));
    }

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The clock of the server is not replaceable yet.")]
    private async Task ScaleByLoadAsync(int former, ScaleDecision decision)
    {
        try
        {
            string reason = string.Create(CultureInfo.InvariantCulture, $"{former} → {decision.Workers}: {decision.Reason}");
            if (decision.Workers > former)
                Interlocked.Increment(ref _ups);
            else
                Interlocked.Increment(ref _downs);
            Volatile.Write(ref _lastScaling, new RestartStatus(DateTimeOffset.Now, reason));
            await ScaleAsync(decision.Workers, $" by load, {reason}").ConfigureAwait(false);
        }
        catch (ServeException e)
        {
            Log.Write(e.Message);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end has come first.
        }
        catch (Exception e)
        {
            Log.Write($"scaling by the load failed: {e}");
        }
        finally
        {
            _isScaling = false;
        }
    }
}
