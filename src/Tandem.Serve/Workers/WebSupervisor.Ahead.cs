using Tandem.Serve.Apps;

namespace Tandem.Serve.Workers;

/// <content>
/// What is started ahead of need: spares, which are workers in all but that they take no connections, and standbys, which are processes in
/// which nothing of the application has run yet.
/// </content>
internal sealed partial class WebSupervisor
{
    private bool _keepsStandbys = true;

    /// <summary>A spare, if need be one that is on the way: it is nearer to being ready than one that would be started now.</summary>
    private WebWorker? TakeSpare(ResolvedApp app)
    {
        lock (_lock)
        {
            WebWorker? spare = _spares.Find(spare => ReferenceEquals(spare.App, app) && spare.Ready.IsCompletedSuccessfully && !spare.Ended.IsCompleted)
                ?? _spares.Find(spare => ReferenceEquals(spare.App, app) && !spare.Ready.IsCompleted);
            if (spare is not null)
                _spares.Remove(spare);

            return spare;
        }
    }

    /// <summary>A standby, whose application begins now.</summary>
    private WebWorker? TakeStandby(int number, ResolvedApp app)
    {
        lock (_lock)
        {
            WebWorker? standby = app.IsAsItWas ? _standbys.Find(standby => ReferenceEquals(standby.App, app) && standby.TryBegin(number)) : null;
            if (standby is not null)
                _standbys.Remove(standby);

            return standby;
        }
    }

    /// <summary>Ends those that are of a version which is served no more.</summary>
    private void DropAhead()
    {
        Drop(_spares);
        Drop(_standbys);
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
            Keep(_spares, Options.Spares, waits: false);
    }

    private void KeepStandbys()
    {
        lock (_lock)
            Keep(_standbys, _keepsStandbys ? Options.Standbys : 0, waits: true);
    }

    /// <summary>Starts those that are missing; called under the lock.</summary>
    private void Keep(List<WebWorker> ahead, int count, bool waits)
    {
        while (!_stop.IsCancellationRequested && ahead.Count < count)
            ahead.Add(Start(0, _app, waits));
    }
}
