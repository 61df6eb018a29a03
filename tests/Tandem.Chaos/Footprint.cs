using System.Globalization;

namespace Tandem.Chaos;

/// <summary>What this process holds: to be the same after a storm as before.</summary>
internal sealed record Footprint(int Descriptors, int Children, int SharedMappings, long Memory)
{
    // The collector and the allocator keep some pages of what they had.
    private const long Slack = 16L * 1024 * 1024;

    internal static async Task<Footprint> TakeAsync()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            await Task.Yield();
        }

        string self = "/proc/self";
        return new Footprint(
            Directory.GetFiles($"{self}/fd").Length,
            CountChildren(),
            File.ReadLines($"{self}/maps").Count(static line => line.Contains("memfd:tandem", StringComparison.Ordinal)),
            PrivateMemory());
    }

    /// <summary>What is more than it was.</summary>
    internal async Task<List<string>> CompareAsync()
    {
        Footprint after = await TakeAsync().ConfigureAwait(false);
        List<string> complaints = [];
        if (after.Children > 0)
            complaints.Add($"{after.Children} processes are left");
        if (after.SharedMappings > SharedMappings)
            complaints.Add($"{after.SharedMappings} mappings are left, of {SharedMappings}");
        // A socket of the runtime's own may open or close meanwhile.
        if (after.Descriptors > Descriptors + 4)
            complaints.Add($"{after.Descriptors} descriptors are open, of {Descriptors}");
        if (after.Memory > Memory * 1.1 + Slack)
            complaints.Add(string.Create(CultureInfo.InvariantCulture, $"{after.Memory >> 20} MiB are held, of {Memory >> 20}"));
        return complaints;
    }

    private static int CountChildren()
    {
        int own = Environment.ProcessId, count = 0;
        foreach (string folder in Directory.GetDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _)
                    && File.ReadLines(folder + "/status").Any(line => line.StartsWith("PPid:", StringComparison.Ordinal) && line.AsSpan(5).Trim().SequenceEqual(own.ToString(CultureInfo.InvariantCulture))))
                    count++;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone meanwhile.
            }
        }

        return count;
    }

    internal static long PrivateMemory()
    {
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("RssAnon:", StringComparison.Ordinal))
                return long.Parse(line.AsSpan(8).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture) * 1024;
        }

        return 0;
    }
}
