using System.Globalization;
using Tandem.Serve.Apps;
using Tandem.Serve.Control;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>
/// Changes the number of workers by the load (--workers min:max): takes the samples, and carries out what the policy decides.
/// </summary>
internal sealed class LoadScaler
{
    private readonly ScalePolicy _policy; // decides; used by the watch loop only
    private readonly WorkerFleet _fleet; // has the slots
    private readonly OperationTurns _turns; // while a planned operation is in progress, the load says nothing
    private readonly WebWorkerContext _context; // what all workers share
    private readonly Func<int, string, Task> _scale; // changes the number of workers, for a reason
    private readonly CancellationToken _stop; // cancelled when the supervisor stops
    private ResolvedApp? _scaledApp; // the version at the last sample; used by the watch loop only
    private int _scaledWorkers; // the number of workers at the last sample; used by the watch loop only
    private volatile bool _isScaling; // whether a change by the load is in progress
    private int _ups; // how often the load added workers
    private int _downs; // how often the load removed a worker
    private RestartStatus? _lastScaling; // the last change by the load, for the status

    /// <param name="policy">Decides on the number of workers.</param>
    /// <param name="fleet">Has the slots.</param>
    /// <param name="turns">Knows whether a planned operation is in progress.</param>
    /// <param name="context">What all workers share.</param>
    /// <param name="scale">Changes the number of workers, for a reason.</param>
    /// <param name="stop">Cancelled when the supervisor stops.</param>
    internal LoadScaler(
        ScalePolicy policy,
        WorkerFleet fleet,
        OperationTurns turns,
        WebWorkerContext context,
        Func<int, string, Task> scale,
        CancellationToken stop)
    {
        _policy = policy;
        _fleet = fleet;
        _turns = turns;
        _context = context;
        _scale = scale;
        _stop = stop;
    }

    /// <summary>The state of scaling by the load.</summary>
    internal ScalingStatus Status() =>
        new(_policy.Min, _policy.Max, _policy.State, Volatile.Read(ref _ups), Volatile.Read(ref _downs), Volatile.Read(ref _lastScaling));

    /// <summary>
    /// Takes a sample of the load; called each time after the workers were checked. During a planned operation, or while the number
    /// changes, the load says nothing.
    /// </summary>
    internal void Check()
    {
        if (_isScaling || !_turns.IsFree || _stop.IsCancellationRequested)
        {
            _policy.Restart();
            return;
        }

        ScaleSample sample = Sample();
        ResolvedApp app = _fleet.App;
        if (!ReferenceEquals(_scaledApp, app))
            _policy.Forget();
        else if (_scaledWorkers != sample.Workers)
            _policy.Restart(); // the number was changed otherwise
        (_scaledApp, _scaledWorkers) = (app, sample.Workers);
        if (_policy.Evaluate(sample) is not { } decision)
            return;

        _isScaling = true;
        _ = ScaleAsync(sample.Workers, decision);
    }

    private ScaleSample Sample()
    {
        long longest = 0, requests = 0;
        int accepting = 0, waiting = 0, blocked = 0;
        List<Slot> slots = _fleet.CopySlots();
        foreach (Slot slot in slots)
        {
            if (slot.Current is not { IsAskedToStop: false, State: WebWorkerState.Accepting } worker)
                continue;

            ref BoardEntry entry = ref _context.Board[worker.Entry];
            long wait = entry.QueueWait;
            accepting++;
            waiting += wait >= _context.Options.ScaleWait.TotalMilliseconds ? 1 : 0;
            blocked += entry.IsBlocked ? 1 : 0;
            requests += Math.Max(0, Volatile.Read(ref entry.Requests) - Volatile.Read(ref entry.Completed));
            longest = Math.Max(longest, wait);
        }

        return new ScaleSample(
            slots.Count, accepting, waiting, blocked, _context.Listeners.HaveWaiting(), requests, TimeSpan.FromMilliseconds(longest));
    }

    private async Task ScaleAsync(int former, ScaleDecision decision)
    {
        try
        {
            string reason = string.Create(CultureInfo.InvariantCulture, $"{former} → {decision.Workers}: {decision.Reason}");
            if (decision.Workers > former)
                Interlocked.Increment(ref _ups);
            else
                Interlocked.Increment(ref _downs);
            Volatile.Write(ref _lastScaling, new RestartStatus(_context.Options.Time.GetLocalNow(), reason));
            await _scale(decision.Workers, $" by load, {reason}").ConfigureAwait(false);
        }
        catch (ServeException e)
        {
            _context.Log.Write(e.Message);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end has come first.
        }
        catch (Exception e)
        {
            _context.Log.Write($"scaling by the load failed: {e}");
        }
        finally
        {
            _isScaling = false;
        }
    }
}
