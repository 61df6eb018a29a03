using System.Diagnostics;
using System.Globalization;
using Tandem.Serve.Apps;

namespace Tandem.Serve.Workers;

/// <content>
/// What is started ahead of need: spares, which are workers in all but that they take no connections, and standbys, which are processes in
/// which nothing of the application has run yet.
/// </content>
internal sealed partial class WebSupervisor
{
    private readonly CrashPolicy _aheadCrashes;
    private long _aheadFrom; // when there may be others, in stopwatch ticks
    private bool _keepsStandbys = true;

    /// <summary>A spare, if need be one that is on the way: it is nearer to being ready than one that would be started now.</summary>
    private WebWorker? TakeSpare(ResolvedApp app)
    {
        lock (_lock)
        {
            WebWorker? spare = _spares.Find(spare => ReferenceEquals(spare.App, app) && spare.Ready.IsCompletedSuccessfully && !spare.Ended.IsCompleted)
                ?? _spares.Find(spare => ReferenceEquals(spare.App, app) && !spare.Ready.IsCompleted);
            return Take(spare, _spares);
        }
    }

    /// <summary>A standby, whose application begins now.</summary>
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

    /// <summary>One that ended while it waited is told of, and replaced as a worker would be: not again and again without a pause.</summary>
    private void ForgetAhead(WebWorker worker, string end)
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

        string next = delay > TimeSpan.Zero ? string.Create(CultureInfo.InvariantCulture, $"; the next one is started in {delay.TotalSeconds:0.###} s or later") : "";
        Log.Write(string.Create(CultureInfo.InvariantCulture, $"the {(isStandby ? "standby" : "spare")} (pid {worker.ProcessId}) is gone: {reason}{next}"));
        foreach (Slot slot in nearlyDue)
        {
            slot.Current?.GoOn();
            Log.Write($"worker {slot.Number} goes on beyond its requests (--max-requests), because its successor did not become ready");
        }
    }

    /// <summary>Ends those that are of a version which is served no more.</summary>
    private void DropAhead()
    {
        Drop(_spares);
        Drop(_standbys);
        lock (_lock)
            _aheadFrom = 0; // whose ends say nothing about the next version's
        _aheadCrashes.Clear();
    }

    /// <summary>Ends the standbys, and waits for it.</summary>
    /// <param name="mayBeStarted">Whether there may be others later.</param>
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
            // One that is due soon leaves by itself: its successor is to be ready by then.
            int nearlyDue = _slots.Count(static slot => slot.Current is { IsNearlyDue: true });
            Keep(_spares, Math.Max(Options.Spares, nearlyDue), waits: false);
        }
    }

    private void KeepStandbys()
    {
        lock (_lock)
            Keep(_standbys, _keepsStandbys ? Options.Standbys : 0, waits: true);
    }

    /// <summary>Starts those that are missing; called under the lock.</summary>
    private void Keep(List<WebWorker> ahead, int count, bool waits)
    {
        if (ahead.Count >= count || !_app.IsThere)
            return; // none is missing, or none could be started

        while (!_stop.IsCancellationRequested && ahead.Count < count && Stopwatch.GetTimestamp() >= _aheadFrom)
            ahead.Add(Start(0, _app, waits));
    }
}
