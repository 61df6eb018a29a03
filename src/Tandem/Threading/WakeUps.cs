namespace Tandem.Threading;

/// <summary>
/// Permits for sleeping workers to go on. Unlike <see cref="SemaphoreSlim"/>, it does not spin before it sleeps: the caller knows better
/// whether that pays.
/// </summary>
internal sealed class WakeUps
{
    private readonly object _lock = new(); // guards the field below
    private int _permits; // released, and not taken yet

    /// <summary>Lets one worker go on.</summary>
    internal void Release()
    {
        lock (_lock)
        {
            _permits++;
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>Sleeps until there is a permit, and takes it.</summary>
    internal void Wait()
    {
        lock (_lock)
        {
            while (_permits == 0)
                Monitor.Wait(_lock);

            _permits--;
        }
    }
}
