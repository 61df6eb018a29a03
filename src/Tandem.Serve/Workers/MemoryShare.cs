using System.Globalization;

namespace Tandem.Serve.Workers;

/// <summary>
/// What each worker may take of a container's memory. Every .NET process believes that three quarters of it are its own, so that
/// many of them together are killed by the kernel.
/// </summary>
internal static class MemoryShare
{
    private const double Part = 0.75;

    private static readonly string[] OwnSettings = ["GCHeapHardLimit", "GCHeapHardLimitPercent", "GCHeapHardLimitSOH"];

    /// <summary>Environment variables for each of so many workers; none outside of a container with a limit, or where the user has set a limit.</summary>
    internal static Dictionary<string, string> Of(ServeOptions options, int workers)
    {
        var share = new Dictionary<string, string>(StringComparer.Ordinal);
        bool isSet = OwnSettings.Any(static name => Environment.GetEnvironmentVariable("DOTNET_" + name) is not null || Environment.GetEnvironmentVariable("COMPlus_" + name) is not null);
        if (options.DividesMemory && !isSet && ContainerLimit("/") is { } limit)
            share["DOTNET_GCHeapHardLimit"] = ((long)(limit * Part / workers)).ToString("x", CultureInfo.InvariantCulture);

        return share;
    }

    /// <summary>The smallest limit that holds for this process, in bytes; null for none.</summary>
    /// <param name="root">The root of the file system.</param>
    internal static long? ContainerLimit(string root)
    {
        try
        {
            string mounted = Path.Combine(root, "sys/fs/cgroup");
            string own = File.ReadLines(Path.Combine(root, "proc/self/cgroup")).FirstOrDefault(static line => line.StartsWith("0::", StringComparison.Ordinal)) is { } line ? line[3..].Trim('/') : "";
            long? limit = null;
            for (string? folder = own; folder is not null; folder = folder.Length == 0 ? null : Path.GetDirectoryName(folder) ?? "")
                limit = Smaller(limit, Read(Path.Combine(mounted, folder, "memory.max")));

            return Smaller(limit, Read(Path.Combine(mounted, "memory/memory.limit_in_bytes")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long? Smaller(long? a, long? b) => a is null || b < a ? b ?? a : a;

    private static long? Read(string file)
    {
        // Version 1 shows "no limit" as a number near the largest there is.
        const long Absurd = 1L << 60;
        return File.Exists(file) && long.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out long limit) && limit < Absurd ? limit : null;
    }
}
