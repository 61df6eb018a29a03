using System.Diagnostics;
using System.Globalization;
using Tandem.Serve.Apps;

namespace Tandem.Serve.Workers;

/// <content>
/// Processes that are started ahead of time: spares, which are complete workers that do not accept connections, and standbys, in which
/// nothing of the application has run yet.
/// </content>
internal sealed partial class WebSupervisor
{
    private readonly CrashPolicy _aheadCrashes; // counts crashes and failed starts of spares and standbys
    private long _aheadFrom; // the earliest time for the next start, a Stopwatch timestamp
    private bool _keepsStandbys = true; // false while another supervisor is about to replace this one

    /// <summary>
    /// Takes a spare; if none is ready, one that is starting, because it will be ready sooner than a worker that is started now.
    /// </summary>
    private WebWorker? TakeSpare(ResolvedApp app)
    {
        lock (_lock)
        {
            WebWorker? spare = _spares.Find(spare => ReferenceEquals(spare.App, app) && spare.Ready.IsCompletedSuccessfully && !spare.Ended.IsCompleted)
                ?? _spares.Find(spare => ReferenceEquals(spare.App, app) && !spare.Ready.IsCompleted);
            return Take(spare, _spares);
        }
    }

    /// <summary>Takes a standby, and starts the application in it.</summary>
    private WebWorker? TakeStandby(int number, ResolvedApp app)
    {
        lock (_lock)
        {
            WebWorker? standby = app.IsAsItWas ? _standbys.Find(standby => ReferenceEquals(standby.App, app) && standby.TryBegin(number)) : null;
            return Take(standby, _standbys);
        }
    }

    private WebWorker? Take(WebWorker? worker, List<WebWorker> ahead)
    {
        if (worker is not null && ahead.Remove(worker))
            _aheadCrashes.OnReady();

        return worker;
    }

    /// <summary>
    /// Logs the exit of a spare or standby, and delays its replacement like that of a worker, so that it is not restarted repeatedly
    /// without a pause.
    /// </summary>
    private void OnAheadExited(WebWorker worker, string end)
    {
        bool isStandby;
        string reason;
        TimeSpan delay;
        List<Slot> nearlyDue = [];
        lock (_lock)
        {
            isStandby = _standbys.Remove(worker);
            if ((!isStandby && !_spares.Remove(worker)) || worker.IsToldToStop || _stop.IsCancellationRequested)
                return;

            ServeException? failure = FailureOf(worker);
            reason = failure?.Message ?? end;
            delay = failure is null ? _aheadCrashes.OnEnded(worker.Age, worker.WasKilled) : _aheadCrashes.OnFailedStart(worker.WasKilled);
            if (!isStandby && failure is not null)
                nearlyDue = _slots.FindAll(static slot => slot.Current is { IsNearlyDue: true });
            _aheadFrom = Math.Max(_aheadFrom, Stopwatch.GetTimestamp() + (long)(delay.TotalSeconds * Stopwatch.Frequency));
        }

        string next = delay > TimeSpan.Zero ? string.Create(CultureInfo.InvariantCulture, $"; the next one is started after at least {delay.TotalSeconds:0.###} s") : "";
        Log.Write(string.Create(CultureInfo.InvariantCulture, $"the {(isStandby ? "standby" : "spare")} (pid {worker.ProcessId}) exited: {reason}{next}"));
        foreach (Slot slot in nearlyDue)
        {
            slot.Current?.ContinueBeyondLimit();
            Log.Write($"worker {slot.Number} continues beyond its request limit (--max-requests), because its successor did not become ready");
        }
    }

    /// <summary>Stops the spares and standbys of a version that is no longer served.</summary>
    private void DropAhead()
    {
        Drop(_spares);
        Drop(_standbys);
        lock (_lock)
            _aheadFrom = 0; // exits of the former version say nothing about the next one
        _aheadCrashes.Clear();
    }

    /// <summary>Stops the standbys, and waits until they have exited.</summary>
    /// <param name="mayBeStarted">Whether new standbys may be started later.</param>
    internal Task DropStandbysAsync(bool mayBeStarted)
    {
        lock (_lock)
            _keepsStandbys = mayBeStarted;

        return Task.WhenAll(Drop(_standbys).Select(static standby => standby.Ended));
    }

    private List<WebWorker> Drop(List<WebWorker> ahead)
    {
        List<WebWorker> dropped;
        lock (_lock)
        {
            dropped = [.. ahead];
            ahead.Clear();
        }

        foreach (WebWorker worker in dropped)
            worker.StopNow();

        return dropped;
    }

    private void KeepSpares()
    {
        lock (_lock)
        {
            // A worker that is nearly due will leave by itself, and its successor should be ready by then.
            int nearlyDue = _slots.Count(static slot => slot.Current is { IsNearlyDue: true });
            Keep(_spares, Math.Max(Options.Spares, nearlyDue), waits: false);
        }
    }

    private void KeepStandbys()
    {
        lock (_lock)
            Keep(_standbys, _keepsStandbys ? Options.Standbys : 0, waits: true);
    }

    /// <summary>Starts the missing processes. Called under the lock.</summary>
    private void Keep(List<WebWorker> ahead, int count, bool waits)
    {
        if (ahead.Count >= count || !_app.IsThere)
            return; // none is missing, or none can be started

        while (!_stop.IsCancellationRequested && ahead.Count < count && Stopwatch.GetTimestamp() >= _aheadFrom)
            ahead.Add(Start(0, _app, waits));
    }
}
