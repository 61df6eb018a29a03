using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <content>How many requests it may serve (--max-requests), counted where they come, so that it is exact.</content>
internal sealed partial class ServedWorker
{
    /// <summary>How long before it is due the supervisor is told, in milliseconds: a successor is to be ready by then.</summary>
    private const long LeadTime = 10_000;

    private readonly Lock _marking = new();
    private long _nextMark = long.MaxValue; // at which count there is something to do
    private long _mostRequests; // these four under the lock
    private long _countedFrom;
    private long _countsSince;
    private bool _isNearlyDue;

    /// <summary>From now on it may serve as many requests as it was told, once.</summary>
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
                return; // another thread was here

            isDue = count >= _mostRequests;
            if (!isDue && !_isNearlyDue)
            {
                // Marks are halfway to the limit: there are few of them, and one in time whatever the rate is.
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
