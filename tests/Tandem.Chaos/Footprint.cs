using System.Globalization;

namespace Tandem.Chaos;

/// <summary>What this process holds: to be the same after a storm as before.</summary>
internal sealed record Footprint(string[] Descriptors, int Children, int SharedMappings, long Memory)
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
            [.. Directory.GetFiles($"{self}/fd").Select(TargetOf).Where(static target => !IsCode(target))],
            CountChildren(),
            File.ReadLines($"{self}/maps").Count(static line => line.Contains("memfd:tandem", StringComparison.Ordinal)),
            PrivateMemory());
    }

    private double MostMemory => Memory * 1.1 + Slack;

    /// <summary>What is there now, and what of it is more than it was.</summary>
    internal async Task<(Footprint After, List<string> Complaints)> CompareAsync()
    {
        Footprint after = await TakeAsync().ConfigureAwait(false);
        // A pool that is disposed of has seen all of them end.
        if (after.Children > 0)
            return (after, [$"{after.Children} processes are left"]);

        // Threads that have ended give their stacks back a moment later, and finalizers run when they run.
        const int Looks = 50;
        List<string> complaints = Complaints(after);
        for (int i = 0; i < Looks && (complaints.Count > 0 || HasGrown(after)); i++)
        {
            await Task.Delay(100).ConfigureAwait(false);
            after = await TakeAsync().ConfigureAwait(false);
            complaints = Complaints(after);
        }

        return (after, complaints);
    }

    internal bool HasGrown(Footprint after) => after.Memory > MostMemory;

    private List<string> Complaints(Footprint after)
    {
        List<string> complaints = [];
        if (after.SharedMappings > SharedMappings)
            complaints.Add($"{after.SharedMappings} mappings are left, of {SharedMappings}");
        // A socket of the runtime's own may open or close meanwhile.
        if (after.Descriptors.Length > Descriptors.Length + 4)
        {
            // By what they are: the number behind tells two of one kind apart, and people nothing.
            IEnumerable<string> kinds = after.Descriptors.Except(Descriptors).CountBy(static target => target.Split('[')[0]).Select(static kind => $"{kind.Value} {kind.Key}");
            complaints.Add($"{after.Descriptors.Length} descriptors are open, of {Descriptors.Length}; new: {string.Join(", ", kinds)}");
        }

        return complaints;
    }

    /// <summary>The runtime keeps assemblies open, and their symbols once an exception was written out: when that is first, chance decides.</summary>
    private static bool IsCode(string target) => target.EndsWith(".dll", StringComparison.Ordinal) || target.EndsWith(".pdb", StringComparison.Ordinal);

    private static string TargetOf(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget ?? "";
        }
        catch (IOException)
        {
            return ""; // the one that this is listed with
        }
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
