using System.Globalization;

namespace Tandem.Serve.Os;

/// <summary>
/// Reads the memory limit of the control groups that contain this process. Each level up to the root may set a limit, and the smallest one
/// applies. Both versions of control groups are read: version 2 (<c>memory.max</c>), and version 1 (<c>memory.limit_in_bytes</c>) in the
/// hierarchy of its memory controller.
/// </summary>
internal static class ControlGroups
{
    private const string Version2 = "cgroup2";
    private const string Version1 = "cgroup";
    private const string MemoryController = "memory";

    /// <summary>The smallest limit that applies to this process, in bytes; null if there is none.</summary>
    /// <param name="root">The root of the file system.</param>
    internal static long? MemoryLimit(string root = "/")
    {
        try
        {
            long? limit = null;
            foreach ((string version, string own) in Groups(Path.Combine(root, "proc/self/cgroup")))
            {
                (string mounted, string from) = FindMount(Path.Combine(root, "proc/self/mountinfo"), version, own);
                foreach (string level in Levels(Path.Combine(root, mounted.TrimStart('/')), Inside(own, from)))
                    limit = Smaller(limit, version == Version2 ? Read(Path.Combine(level, "memory.max")) : LimitOfVersion1(level));
            }

            return limit;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// The process's group in version 2, and its group in the hierarchy of version 1's memory controller; the root if the file does not
    /// say.
    /// </summary>
    private static (string Version, string Path)[] Groups(string file)
    {
        string unified = "/";
        string memory = "/";
        foreach (string line in File.Exists(file) ? File.ReadLines(file) : [])
        {
            // hierarchy:controllers:path
            string[] parts = line.Split(':', 3);
            if (parts is ["0", "", var path])
                unified = path;
            else if (parts is [_, var controllers, var other] && controllers.Split(',').Contains(MemoryController))
                memory = other;
        }

        return [(Version2, unified), (Version1, memory)];
    }

    /// <summary>
    /// Finds where the hierarchy is mounted, and which group is its root there. In a container, that is often the process's own group.
    /// </summary>
    private static (string MountPoint, string From) FindMount(string file, string version, string own)
    {
        (string, string)? first = null;
        foreach (string line in File.Exists(file) ? File.ReadLines(file) : [])
        {
            // id parent device root mount-point options [tags] - type source options
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (dash < 6 || fields.Length < dash + 4 || fields[dash + 1] != version)
                continue;
            if (version == Version1 && !fields[dash + 3].Split(',').Contains(MemoryController))
                continue;

            string from = Unescape(fields[3]);
            (string, string) found = (Unescape(fields[4]), from);
            if (IsBelow(own, from))
                return found;

            first ??= found;
        }

        return first ?? (version == Version2 ? "sys/fs/cgroup" : "sys/fs/cgroup/memory", "/");
    }

    private static bool IsBelow(string path, string ancestor) =>
        ancestor == "/" || path == ancestor || path.StartsWith(ancestor + '/', StringComparison.Ordinal);

    /// <summary>
    /// The group's path relative to the mount point. If the group is outside of what is mounted, only the mount point is visible.
    /// </summary>
    private static string Inside(string own, string from)
    {
        string relative = (from != "/" && IsBelow(own, from) ? own[from.Length..] : own).Trim('/');
        return relative.Split('/').Contains("..") ? "" : relative;
    }

    private static IEnumerable<string> Levels(string mounted, string group)
    {
        for (string folder = group; folder.Length > 0; folder = Path.GetDirectoryName(folder) ?? "")
            yield return Path.Combine(mounted, folder);

        yield return mounted;
    }

    /// <summary>
    /// The smaller one of the group's own limit and of the limits above it, which may be outside of what is mounted here.
    /// </summary>
    private static long? LimitOfVersion1(string folder)
    {
        const string Above = "hierarchical_memory_limit ";
        string statistics = Path.Combine(folder, "memory.stat");
        string? line = File.Exists(statistics)
            ? File.ReadLines(statistics).FirstOrDefault(static line => line.StartsWith(Above, StringComparison.Ordinal))
            : null;
        return Smaller(Read(Path.Combine(folder, "memory.limit_in_bytes")), line is null ? null : Parse(line[Above.Length..]));
    }

    private static long? Smaller(long? a, long? b) => a is null || b < a ? b ?? a : a;

    private static long? Read(string file) => File.Exists(file) ? Parse(File.ReadAllText(file)) : null;

    private static long? Parse(string text)
    {
        // Version 1 represents "no limit" as a number close to the maximum.
        const long Absurd = 1L << 60;
        return long.TryParse(text, CultureInfo.InvariantCulture, out long limit) && limit is > 0 and < Absurd ? limit : null;
    }

    /// <summary>Decodes blanks and similar characters, which are octal numbers after a backslash.</summary>
    private static string Unescape(string path) => path
        .Replace(@"\040", " ", StringComparison.Ordinal)
        .Replace(@"\011", "\t", StringComparison.Ordinal)
        .Replace(@"\012", "\n", StringComparison.Ordinal)
        .Replace(@"\134", @"\", StringComparison.Ordinal);
}
