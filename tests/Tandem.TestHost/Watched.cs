namespace Tandem.TestHost;

/// <summary>Objects that are to be collected once nobody uses them any more.</summary>
internal sealed class Watched
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly List<(string Name, WeakReference Object)> _objects = [];

    /// <summary>Watches an object, and returns it.</summary>
    internal T Add<T>(string name, T value)
        where T : class
    {
        lock (_objects)
            _objects.Add((name, new WeakReference(value)));
        return value;
    }

    /// <summary>The names of those that are still there, though they should not be; empty when all are gone.</summary>
    internal async Task<string> LivingAsync()
    {
        long end = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (true)
        {
            Collect();
            _objects.RemoveAll(static one => !one.Object.IsAlive);
            if (_objects.Count == 0 || Environment.TickCount64 > end)
                return string.Join(", ", _objects.Select(static one => one.Name).Distinct());

            await Task.Delay(5); // what has just ended may need a moment to let go
        }
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
