using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace ScanAssemblies;

/// <summary>Memory at the moment when it was most, in bytes.</summary>
/// <param name="Parent">This process.</param>
/// <param name="Workers">All worker processes together; 0 where there is none.</param>
/// <param name="IsPrivate">Whether it is private memory only; otherwise memory shared between processes counts in each.</param>
internal readonly record struct MemoryUse(long Parent, long Workers, bool IsPrivate);

/// <summary>Watches the memory of this process and of worker processes, a few times a second.</summary>
internal sealed class MemorySampler : IAsyncDisposable
{
    private static readonly bool HasRollup = File.Exists("/proc/self/smaps_rollup");

    private readonly ConcurrentDictionary<int, bool> _workers = new();
    private readonly PeriodicTimer _timer = new(TimeSpan.FromMilliseconds(200));
    private readonly Lock _lock = new();
    private readonly Task _sampling;
    private MemoryUse _peak = new(0, 0, HasRollup);

    private MemorySampler() => _sampling = Task.Run(SampleAsync);

    /// <summary>Starts from a heap without the garbage of what ran before.</summary>
    internal static MemorySampler Start()
    {
        GC.Collect();
        return new MemorySampler();
    }

    internal void Watch(int processId)
    {
        if (processId != Environment.ProcessId)
            _workers.TryAdd(processId, true);
    }

    /// <summary>The peak up to now.</summary>
    internal MemoryUse Finish()
    {
        Sample();
        return _peak;
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _sampling;
    }

    private async Task SampleAsync()
    {
        while (await _timer.WaitForNextTickAsync())
            Sample();
    }

    private void Sample()
    {
        var now = new MemoryUse(MemoryOf(Environment.ProcessId), _workers.Keys.Sum(MemoryOf), HasRollup);
        lock (_lock)
        {
            if (now.Parent + now.Workers > _peak.Parent + _peak.Workers)
                _peak = now;
        }
    }

    /// <summary>0 for a process that has ended, which is not asked again.</summary>
    private long MemoryOf(int processId)
    {
        try
        {
            if (HasRollup)
                return PrivateMemory($"/proc/{processId}/smaps_rollup");

            using var process = Process.GetProcessById(processId);
            return process.WorkingSet64;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            _workers.TryRemove(processId, out _);
            return 0;
        }
    }

    /// <remarks>Lines such as <c>Private_Dirty:       1234 kB</c>.</remarks>
    private static long PrivateMemory(string rollup) => 1024 * File.ReadLines(rollup)
        .Where(line => line.StartsWith("Private_", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));
}
