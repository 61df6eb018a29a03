using System.Globalization;

namespace Tandem.Serve.Workers;

/// <summary>
/// What each worker takes of the machine. Every .NET process believes that it is alone: that three quarters of its container's memory are
/// its own, and that a processor on which its threads spin would be idle otherwise.
/// </summary>
internal static class MachineShare
{
    private const double Part = 0.75;

    private const string Arenas = "MALLOC_ARENA_MAX";

    private static readonly string[] HeapLimits = ["GCHeapHardLimit", "GCHeapHardLimitPercent", "GCHeapHardLimitSOH"];

    /// <summary>Whether each worker is to take of the machine what .NET takes on one processor, because there are as many workers.</summary>
    /// <param name="serving">The workers that serve.</param>
    internal static bool IsOneProcessor(int serving) => serving >= Environment.ProcessorCount;

    /// <summary>Environment variables for each worker; what the user has set stays.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="serving">The workers that serve.</param>
    /// <param name="container">The container's memory, in bytes; null where it is not limited.</param>
    /// <param name="own">Variables that the workers have beside those of this process.</param>
    internal static Dictionary<string, string> Of(ServeOptions options, int serving, long? container, IReadOnlyDictionary<string, string> own)
    {
        var share = new Dictionary<string, string>(StringComparer.Ordinal);
        if (HeapLimit(options, serving, container, own) is { } limit)
            share["DOTNET_GCHeapHardLimit"] = limit.ToString("x", CultureInfo.InvariantCulture);

        // As .NET itself does on one processor.
        if (IsOneProcessor(serving))
        {
            // A thread of the pool that finds nothing to do looks again for a while before it sleeps: time that other workers could use.
            if (!IsSet(own, "ThreadPool_UnfairSemaphoreSpinLimit"))
                share["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0";

            // Several threads that collect for one worker wait for one another while those of the other workers run.
            if (!IsSet(own, "gcServer"))
                share["DOTNET_gcServer"] = "0";

            // The C library's allocator gives threads that meet in it parts of their own, up to eight for each processor that it sees.
            if (Environment.GetEnvironmentVariable(Arenas) is null && !own.ContainsKey(Arenas))
                share[Arenas] = "2";
        }

        return share;
    }

    /// <summary>How large each worker's heap may become, in bytes, so that all together have what .NET gives one process; null for no limit.</summary>
    /// <inheritdoc cref="Of"/>
    internal static long? HeapLimit(ServeOptions options, int serving, long? container, IReadOnlyDictionary<string, string> own) =>
        options.DividesMemory && container is { } all && !IsSet(own, HeapLimits) ? (long)(all * Part / (serving + options.Spares)) : null;

    private static bool IsSet(IReadOnlyDictionary<string, string> own, params ReadOnlySpan<string> settings)
    {
        foreach (string name in settings)
        {
            if (own.ContainsKey("DOTNET_" + name) || own.ContainsKey("COMPlus_" + name))
                return true;
        }

        return IsSet(settings);
    }

    /// <summary>Whether one of these settings of the runtime is in the environment.</summary>
    internal static bool IsSet(params ReadOnlySpan<string> settings)
    {
        foreach (string name in settings)
        {
            if (Environment.GetEnvironmentVariable("DOTNET_" + name) is not null || Environment.GetEnvironmentVariable("COMPlus_" + name) is not null)
                return true;
        }

        return false;
    }
}
