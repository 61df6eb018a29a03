using System.Diagnostics;

namespace Tandem.LoadClient;

/// <summary>One client of a load.</summary>
internal abstract class LoadClientBase(LoadRun run, int number)
{
    // A server that refuses is asked again soon, but not as fast as a loop can.
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromMilliseconds(5);

    private readonly long _timeout = (long)(run.Options.AnswerTimeout.TotalSeconds * Stopwatch.Frequency);
    private IDisposable? _current;
    private long _deadline = long.MaxValue;
    private long _nextStart = Stopwatch.GetTimestamp() + PhaseOf(run.Options, number);
    private int _turn = number;

    /// <summary>What came of this client's requests.</summary>
    internal LoadResult Result { get; } = new();

    /// <summary>How many requests it sent.</summary>
    internal long Sent { get; set; }

    protected LoadRun Run { get; } = run;

    protected LoadOptions Options => Run.Options;

    /// <summary>Whether the present connection was ended because an answer took too long.</summary>
    protected bool IsOverdue { get; private set; }

    internal abstract Task RunAsync();

    /// <summary>Ends the present connection.</summary>
    internal void Abort() => Volatile.Read(ref _current)?.Dispose();

    /// <summary>Ends the present connection if its answer should have come by now.</summary>
    internal void Check(long now)
    {
        if (now <= Volatile.Read(ref _deadline))
            return;

        IsOverdue = true;
        Abort();
    }

    /// <summary>The index of the next request.</summary>
    protected int NextTurn() => (int)((uint)_turn++ % (uint)Options.Requests.Count);

    /// <summary>From now on an answer is waited for on this connection.</summary>
    protected void Watch(IDisposable connection)
    {
        IsOverdue = false;
        Volatile.Write(ref _current, connection);
        Volatile.Write(ref _deadline, Stopwatch.GetTimestamp() + _timeout);
        // Cancelled before the connection was known here.
        if (Run.IsCancelled)
            connection.Dispose();
    }

    protected void Unwatch() => Volatile.Write(ref _deadline, long.MaxValue);

    /// <summary>Waits until the next request is due.</summary>
    /// <returns>When it counts as started.</returns>
    protected async ValueTask<long> WaitForTurnAsync()
    {
        if (Options.Pause is { } pause && Sent > 0)
            await Task.Delay(pause);

        long now = Stopwatch.GetTimestamp();
        if (Options.Interval is not { } interval)
            return now;

        long due = _nextStart;
        _nextStart += (long)(interval.TotalSeconds * Stopwatch.Frequency);
        // Late because of the server: the time counts. Late because a timer is coarse: it does not.
        if (due <= now)
            return due;

        await Task.Delay(Stopwatch.GetElapsedTime(now, due));
        return Stopwatch.GetTimestamp();
    }

    protected void Succeed(long start)
    {
        Result.Requests++;
        Result.Latencies.Add(Stopwatch.GetTimestamp() - start);
    }

    protected void Fail(FailureKind kind, LoadRequest request, string detail, long answers)
    {
        if (!Run.IsCancelled)
            Result.Add(new Failure(kind, Stopwatch.GetTimestamp(), request.Path, IsOverdue ? $"overdue ({detail})" : detail, answers));
    }

    protected async ValueTask FailToConnectAsync(LoadRequest request, string detail)
    {
        Fail(FailureKind.Refused, request, detail, 0);
        await Task.Delay(AfterRefusal);
    }

    // Spread over one interval, or all would send in the same moment.
    private static long PhaseOf(LoadOptions options, int number) =>
        options.Interval is { } interval ? (long)(interval.TotalSeconds * Stopwatch.Frequency * number / options.Clients) : 0;
}
