using System.Globalization;
using Tandem.Interop;

namespace Tandem.Serve.Workers;

/// <summary>When one worker is due to be replaced; spread, so that not all are due at once.</summary>
internal sealed class WorkerLimits
{
    private readonly long _memory;
    private readonly TimeSpan _age;

    internal WorkerLimits(ServeOptions options)
    {
        double share = 1 - Random.Shared.NextDouble() * options.Jitter;
        Requests = options.MaxRequests is { } requests ? Math.Max(1, (long)(requests * share)) : 0;
        _memory = options.MaxMemory is { } memory ? (long)(memory * share) : long.MaxValue;
        _age = options.MaxAge is { } age ? age * share : TimeSpan.MaxValue;
    }

    /// <summary>How many requests it may serve, which it counts itself; 0 for any number.</summary>
    internal long Requests { get; }

    /// <summary>Why the worker is due, by what the supervisor can see; null when it is not.</summary>
    internal string? Reason(WebWorker worker)
    {
        if (worker.Age >= _age)
            return string.Create(CultureInfo.InvariantCulture, $"it is {worker.Age.TotalSeconds:0} s old (--max-age)");
        if (_memory != long.MaxValue && ProcessMemory.PrivateBytes(worker.ProcessId) is var memory && memory >= _memory)
            return $"it holds {ProcessMemory.Display(memory)} (--max-memory)";

        return null;
    }
}
