using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <summary>
/// Watches all requests that may take only so long (--request-timeout), on a thread of its own: those of the thread pool may all be held by just those
/// requests, and then no timer runs.
/// </summary>
internal sealed class RequestWatch(ServedWorker worker, RequestLimits limits)
{
    private const int Shards = 8;

    private const int ShortestLook = 10;
    private const int LongestLook = 250;

    /// <summary>So often requests that took too long are told of at most, in milliseconds.</summary>
    private const long TellInterval = 1_000;

    private readonly Shard[] _shards = [.. Enumerable.Range(0, Shards).Select(static _ => new Shard())];
    private readonly PathString[] _except = [.. limits.Except.Select(static path => new PathString(path.TrimEnd('/')))];
    private readonly List<LimitedRequest> _looked = [];
    private int _isStarted;
    private int _over; // since the last time that they were told of
    private string _example = "";
    private long _toldAt;

    /// <summary>How long a request may take, in milliseconds.</summary>
    internal int Limit => limits.Limit;

    /// <summary>How long after that it may still be there, in milliseconds.</summary>
    internal int Grace => limits.Grace;

    internal AbortThreads Aborts { get; } = new();

    /// <summary>Runs the application for a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="connection">Its connection.</param>
    /// <param name="isStream">Whether its connection takes it for one that may go on for ever.</param>
    /// <param name="next">The application.</param>
    internal Task RunAsync(HttpContext context, TrackedConnection connection, bool isStream, RequestDelegate next)
    {
        if (!worker.HasServed)
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

    /// <summary>One took too long, and is told to end.</summary>
    internal void OnOver(string request)
    {
        worker.CountTimedOut();
        _over++;
        _example = request;
    }

    /// <summary>So many more have not ended although they were told to.</summary>
    internal void OnGivenUp(int more) => worker.CountGivenUp(more);

    /// <summary>One that has not ended holds a thread.</summary>
    internal void OnStuck(int thread, string request) => worker.TellStuck(thread, request);

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The clock of the server is not replaceable yet.")]
    private void Watch()
    {
        int interval = Math.Clamp(Math.Min(Limit, Grace) / 4, ShortestLook, LongestLook);
        while (true)
        {
            Thread.Sleep(interval);
            if (System.Diagnostics.Debugger.IsAttached)
                continue; // somebody looks at a request, and it takes its time

            foreach (Shard shard in _shards)
            {
                lock (shard.Lock)
                {
                    for (LimitedRequest? one = shard.First; one is not null; one = one.Next)
                        _looked.Add(one);
                }
            }

            long now = Environment.TickCount64;
            foreach (LimitedRequest request in _looked)
                TryLook(request, now);

            _looked.Clear();
            Aborts.Look();
            Tell(now);
        }
    }

    /// <summary>Whatever one request does to it, the others are looked at.</summary>
    private void TryLook(LimitedRequest request, long now)
    {
        try
        {
            request.Look(now);
        }
        catch (Exception e)
        {
            worker.Warn($"A request could not be looked at (--request-timeout): {e.GetType().Name}: {e.Message}");
        }
    }

    private void Tell(long now)
    {
        if (_over == 0 || now - _toldAt < TellInterval)
            return;

        worker.Warn(string.Create(
            CultureInfo.InvariantCulture,
            $"{(_over == 1 ? "1 request" : $"{_over} requests")} took longer than {Limit / 1000.0:0.###} s (--request-timeout) and {(_over == 1 ? "was" : "were")} aborted: {(_over == 1 ? "" : "the last one was ")}{_example}"));
        (_over, _toldAt) = (0, now);
    }

    private sealed class Shard
    {
        internal Lock Lock { get; } = new();

        internal LimitedRequest? First { get; set; }
    }
}
