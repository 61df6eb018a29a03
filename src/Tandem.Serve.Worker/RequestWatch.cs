using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <summary>
/// Watches all requests with a time limit (--request-timeout), on a dedicated thread: these requests may hold all threads of the thread
/// pool, and then no timer runs.
/// </summary>
/// <param name="worker">The worker.</param>
/// <param name="stuck">Counts and reports the requests that exceed their limit.</param>
/// <param name="limits">The limits.</param>
internal sealed class RequestWatch(ServedWorker worker, StuckRequests stuck, RequestLimits limits)
{
    private const int Shards = 8;

    private const int ShortestInterval = 10;
    private const int LongestInterval = 250;

    /// <summary>The minimum interval between log lines about requests that were aborted, in milliseconds.</summary>
    private const long ReportInterval = 1_000;

    private readonly Shard[] _shards = [.. Enumerable.Range(0, Shards).Select(static _ => new Shard())];
    // paths without a limit
    private readonly PathString[] _except = [.. limits.Except.Select(static path => new PathString(path.TrimEnd('/')))];
    private readonly List<LimitedRequest> _snapshot = []; // reused by the watching thread
    private int _isStarted; // 1 after the watching thread was started
    private int _over; // requests that were aborted since the last log line
    private string _example = ""; // the last of these
    private long _reportedAt; // when they were last logged

    /// <summary>The time limit of a request, in milliseconds.</summary>
    internal int Limit => limits.Limit;

    /// <summary>How long an aborted request may still run, in milliseconds.</summary>
    internal int Grace => limits.Grace;

    /// <summary>The time, in milliseconds of the worker's clock.</summary>
    internal long Now => worker.Time.GetMilliseconds();

    internal AbortThreads Aborts { get; } = new();

    /// <summary>Runs the application for a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="connection">Its connection.</param>
    /// <param name="isStream">Whether the request may last forever by its nature.</param>
    /// <param name="next">The application.</param>
    internal Task RunAsync(HttpContext context, TrackedConnection connection, bool isStream, RequestDelegate next)
    {
        if (!worker.Own.HasServed)
            return next(context);

        foreach (PathString path in _except)
        {
            if (context.Request.Path.StartsWithSegments(path))
                return next(context);
        }

        if (_isStarted == 0 && Interlocked.Exchange(ref _isStarted, 1) == 0)
            new Thread(Watch) { IsBackground = true, Name = "Tandem requests" }.Start();

        return new LimitedRequest(this, context, connection, isStream).RunAsync(next);
    }

    internal void Add(LimitedRequest request)
    {
        request.Shard = Environment.CurrentManagedThreadId % Shards;
        Shard shard = _shards[request.Shard];
        lock (shard.Lock)
        {
            request.Next = shard.First;
            shard.First?.Previous = request;
            shard.First = request;
        }
    }

    internal void Remove(LimitedRequest request)
    {
        Shard shard = _shards[request.Shard];
        lock (shard.Lock)
        {
            request.Previous?.Next = request.Next;
            request.Next?.Previous = request.Previous;
            if (shard.First == request)
                shard.First = request.Next;
        }
    }

    /// <summary>Called when a request has exceeded its limit and is aborted.</summary>
    internal void OnOver(string request)
    {
        stuck.CountTimedOut();
        _over++;
        _example = request;
    }

    /// <summary>Called when the number of aborted requests that still run changes.</summary>
    internal void OnStuckChanged(int more) => stuck.Count(more);

    /// <summary>Called when an aborted request still holds a thread.</summary>
    internal void OnStuck(int thread, string request) => stuck.Report(thread, request);

    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "A thread of its own: all threads of the pool may be blocked.")]
    private void Watch()
    {
        int interval = Math.Clamp(Math.Min(Limit, Grace) / 4, ShortestInterval, LongestInterval);
        while (true)
        {
            Thread.Sleep(interval);
            if (System.Diagnostics.Debugger.IsAttached)
                continue; // a developer may be debugging a request

            foreach (Shard shard in _shards)
            {
                lock (shard.Lock)
                {
                    for (LimitedRequest? one = shard.First; one is not null; one = one.Next)
                        _snapshot.Add(one);
                }
            }

            long now = Now;
            foreach (LimitedRequest request in _snapshot)
                TryCheck(request, now);

            _snapshot.Clear();
            Aborts.Check();
            Report(now);
        }
    }

    /// <summary>Checks a request. An error must not keep the others from being checked.</summary>
    private void TryCheck(LimitedRequest request, long now)
    {
        try
        {
            request.Check(now);
        }
        catch (Exception e)
        {
            worker.Warn($"Checking a request failed (--request-timeout): {e.GetType().Name}: {e.Message}");
        }
    }

    private void Report(long now)
    {
        if (_over == 0 || now - _reportedAt < ReportInterval)
            return;

        worker.Warn(string.Create(
            CultureInfo.InvariantCulture,
            $"{(_over == 1 ? "1 request" : $"{_over} requests")} "
                + $"took longer than {Limit / 1000.0:0.###} s (--request-timeout) and {(_over == 1 ? "was" : "were")} aborted: "
                + $"{(_over == 1 ? "" : "the last one was ")}{_example}"));
        (_over, _reportedAt) = (0, now);
    }

    private sealed class Shard
    {
        internal Lock Lock { get; } = new();

        internal LimitedRequest? First { get; set; }
    }
}
