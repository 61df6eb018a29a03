using System.Globalization;
using Tandem.Interop;

namespace Tandem.Serve.Workers;

/// <summary>The limits at which one worker is recycled. They are spread, so that the workers do not reach them at the same time.</summary>
internal sealed class WorkerLimits
{
    private readonly long _memory; // in bytes; MaxValue for no limit
    private readonly TimeSpan _age; // MaxValue for no limit

    internal WorkerLimits(ServeOptions options)
    {
        double share = 1 - Random.Shared.NextDouble() * options.Jitter;
        Requests = options.MaxRequests is { } requests ? Math.Max(1, (long)(requests * share)) : 0;
        _memory = options.MaxMemory is { } memory ? (long)(memory * share) : long.MaxValue;
        _age = options.MaxAge is { } age ? age * share : TimeSpan.MaxValue;
    }

    /// <summary>How many requests the worker may serve, which it counts itself; 0 for no limit.</summary>
    internal long Requests { get; }

    /// <summary>Why the worker must be recycled, as far as the supervisor can see; null if it need not be.</summary>
    internal string? Reason(WebWorker worker)
    {
        if (worker.Age >= _age)
            return string.Create(CultureInfo.InvariantCulture, $"it is {worker.Age.TotalSeconds:0} s old (--max-age)");
        if (_memory != long.MaxValue && ProcessMemory.PrivateBytes(worker.ProcessId) is var memory && memory >= _memory)
            return $"it holds {ProcessMemory.Display(memory)} (--max-memory)";

        return null;
    }
}
