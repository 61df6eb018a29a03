using System.Globalization;

namespace Tandem.Serve.Workers;

/// <summary>
/// The share of the machine that each worker uses. Every .NET process assumes that it is alone: that it may use three quarters of its
/// container's memory, and that a processor would be idle if its threads did not spin.
/// </summary>
internal static class MachineShare
{
    private const double Part = 0.75;

    private const string Arenas = "MALLOC_ARENA_MAX";

    private static readonly string[] HeapLimits = ["GCHeapHardLimit", "GCHeapHardLimitPercent", "GCHeapHardLimitSOH"];

    /// <summary>
    /// Whether each worker uses the settings that .NET uses on a single processor, because there are at least as many workers as
    /// processors.
    /// </summary>
    /// <param name="serving">The number of workers that serve.</param>
    internal static bool IsOneProcessor(int serving) => serving >= Environment.ProcessorCount;

    /// <summary>Environment variables for each worker. Variables that the user has set keep their values.</summary>
    /// <param name="options">The server's options.</param>
    /// <param name="serving">The workers that serve.</param>
    /// <param name="container">The container's memory limit, in bytes; null if there is none.</param>
    /// <param name="own">The workers' variables in addition to those of this process.</param>
    internal static Dictionary<string, string> Of(
        ServeOptions options, int serving, long? container, IReadOnlyDictionary<string, string> own)
    {
        var share = new Dictionary<string, string>(StringComparer.Ordinal);
        if (HeapLimit(options, serving, container, own) is { } limit)
            share["DOTNET_GCHeapHardLimit"] = limit.ToString("x", CultureInfo.InvariantCulture);

        // These are .NET's own settings on one processor.
        if (IsOneProcessor(serving))
        {
            // An idle thread of the pool spins before it sleeps; other workers could use that time.
            if (!IsSet(own, "ThreadPool_UnfairSemaphoreSpinLimit"))
                share["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0";

            // Several garbage collection threads of one worker would wait for one another while threads of other workers run.
            if (!IsSet(own, "gcServer"))
                share["DOTNET_gcServer"] = "0";

            // The C library's allocator creates arenas for threads that contend, up to eight for each processor.
            if (Environment.GetEnvironmentVariable(Arenas) is null && !own.ContainsKey(Arenas))
                share[Arenas] = "2";
        }

        return share;
    }

    /// <summary>
    /// The limit of each worker's heap, in bytes, so that all workers together use as much as .NET would give one process; null for no
    /// limit.
    /// </summary>
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

    /// <summary>Whether the environment contains one of these settings of the runtime.</summary>
    internal static bool IsSet(params ReadOnlySpan<string> settings)
    {
        foreach (string name in settings)
        {
            if (Environment.GetEnvironmentVariable("DOTNET_" + name) is not null
                || Environment.GetEnvironmentVariable("COMPlus_" + name) is not null)
            {
                return true;
            }
        }

        return false;
    }
}
