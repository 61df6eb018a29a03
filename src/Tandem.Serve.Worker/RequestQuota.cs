using System.Diagnostics;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <summary>The request limit (--max-requests), which is counted where requests arrive, so that it is exact.</summary>
/// <param name="own">Has the number of requests.</param>
/// <param name="most">How many requests the worker may serve; 0 for no limit.</param>
/// <param name="onNearlyDue">Called once before the limit is reached, so that a successor is ready by then.</param>
/// <param name="onDue">Called once when the limit is reached.</param>
/// <param name="time">The worker's clock.</param>
internal sealed class RequestQuota(PublishedState own, long most, Action onNearlyDue, Action onDue, TimeProvider time)
{
    /// <summary>
    /// How long before the limit is reached the supervisor is notified, in milliseconds, so that a successor is ready by then.
    /// </summary>
    private const long LeadTime = 10_000;

    private readonly Lock _lock = new(); // guards the fields below
    private long _nextMark = long.MaxValue; // the count at which OnMark has something to do; also read without the lock
    private long _limit; // the count at which the limit is reached
    private long _countedFrom; // the count when the limit was set
    private long _countsSince; // when the limit was set, in milliseconds of the clock
    private bool _isNearlyDue; // whether the supervisor was notified

    /// <summary>Sets the limit: from now on, the worker may serve its maximum number of requests once.</summary>
    internal void Begin()
    {
        if (most == 0)
            return;

        lock (_lock)
        {
            _countedFrom = Volatile.Read(ref own.Entry.Requests);
            _countsSince = time.GetMilliseconds();
            _limit = _countedFrom + most;
            _isNearlyDue = false;
            Volatile.Write(ref _nextMark, _countedFrom + (most + 1) / 2);
        }
    }

    /// <summary>Counts a request that begins.</summary>
    internal void Count()
    {
        long count = Interlocked.Increment(ref own.Entry.Requests);
        if (count >= Volatile.Read(ref _nextMark))
            OnMark(count);
    }

    private void OnMark(long count)
    {
        bool isDue, isNearlyDue = false;
        lock (_lock)
        {
            if (count < _nextMark)
                return; // another thread has handled it

            isDue = count >= _limit;
            if (!isDue && !_isNearlyDue)
                _isNearlyDue = isNearlyDue = TimeLeft(count) <= LeadTime;

            // Each mark is halfway to the limit: so there are few marks, and one is in time whatever the request rate is.
            Volatile.Write(ref _nextMark, isDue ? long.MaxValue : _isNearlyDue ? _limit : count + (_limit - count + 1) / 2);
        }

        if (isNearlyDue)
            onNearlyDue();
        if (isDue)
            onDue();
    }

    /// <summary>Estimates when the limit is reached, in milliseconds from now, by the rate of requests so far.</summary>
    private double TimeLeft(long count)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        return (double)(_limit - count) * Math.Max(1, time.GetMilliseconds() - _countsSince) / (count - _countedFrom);
    }
}
