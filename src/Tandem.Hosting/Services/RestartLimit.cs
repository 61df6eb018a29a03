namespace Tandem.Hosting;

/// <summary>Allows a number of restarts in any period of a length. Not synchronised.</summary>
/// <param name="max">How many restarts are allowed in a period.</param>
/// <param name="period">The length of the period.</param>
/// <param name="time">The clock.</param>
internal sealed class RestartLimit(int max, TimeSpan period, TimeProvider time)
{
    private readonly Queue<long> _restarts = new(); // when the restarts within the period happened, oldest first

    /// <summary>Counts a restart; false if the limit is reached, and then it is not counted.</summary>
    internal bool TryCount()
    {
        long now = time.GetTimestamp();
        while (_restarts.Count > 0 && time.GetElapsedTime(_restarts.Peek(), now) >= period)
            _restarts.Dequeue();

        if (_restarts.Count >= max)
            return false;

        _restarts.Enqueue(now);
        return true;
    }
}
