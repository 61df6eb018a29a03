using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <content>The request limit (--max-requests), which is counted where requests arrive, so that it is exact.</content>
internal sealed partial class ServedWorker
{
    /// <summary>
    /// How long before the limit is reached the supervisor is notified, in milliseconds, so that a successor is ready by then.
    /// </summary>
    private const long LeadTime = 10_000;

    private readonly Lock _marking = new(); // guards the fields below
    private long _nextMark = long.MaxValue; // the count at which OnMark has something to do
    private long _mostRequests; // the count at which the limit is reached; guarded, with the next three, by the lock
    private long _countedFrom; // the count when the limit was set
    private long _countsSince; // when the limit was set, in milliseconds of the monotonic clock
    private bool _isNearlyDue; // whether the supervisor was notified

    /// <summary>Sets the limit: from now on, the worker may serve its maximum number of requests once.</summary>
    private void LimitRequests()
    {
        if (Settings.MaxRequests == 0)
            return;

        lock (_marking)
        {
            _countedFrom = Volatile.Read(ref Entry.Requests);
            _countsSince = Environment.TickCount64;
            _mostRequests = _countedFrom + Settings.MaxRequests;
            _isNearlyDue = false;
            Volatile.Write(ref _nextMark, _countedFrom + (Settings.MaxRequests + 1) / 2);
        }
    }

    private void OnMark(long count)
    {
        bool isDue, isNearlyDue = false;
        lock (_marking)
        {
            if (count < _nextMark)
                return; // another thread has handled it

            isDue = count >= _mostRequests;
            if (!isDue && !_isNearlyDue)
            {
                // Each mark is halfway to the limit: so there are few marks, and one is in time whatever the request rate is.
                double left = (double)(_mostRequests - count) * Math.Max(1, Environment.TickCount64 - _countsSince) / (count - _countedFrom);
                _isNearlyDue = isNearlyDue = left <= LeadTime;
            }

            Volatile.Write(ref _nextMark, isDue ? long.MaxValue : _isNearlyDue ? _mostRequests : count + (_mostRequests - count + 1) / 2);
        }

        if (isNearlyDue)
            _messages.TrySend(ServeProtocol.NearlyDue);
        if (!isDue)
            return;

        Drain();
        _messages.TrySend(ServeProtocol.Due);
    }
}
