using System.Globalization;

namespace Tandem.Testing;

/// <summary>What the kernel says about processes.</summary>
public static class ProcFs
{
    /// <summary>Whether a process runs; one that has ended and waits to be reaped does not.</summary>
    public static bool IsAlive(int pid) => OperatingSystem.IsLinux() ? Stat(pid) is { State: not ("Z" or "X") } : IsKnown(pid);

    /// <summary>Whether all threads of a process have stopped (SIGSTOP).</summary>
    public static bool IsStopped(int pid)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{pid}/task").All(static thread => StatOf(thread) is not { State: not "T" });
        }
        catch (DirectoryNotFoundException)
        {
            return false; // it has ended
        }
    }

    /// <summary>The children of this process, those included that have ended and were not reaped.</summary>
    public static int[] Children() => Children(Environment.ProcessId);

    public static int[] Children(int parent) =>
        [.. Directory.GetDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, CultureInfo.InvariantCulture, out int pid) && Stat(pid)?.Parent == parent)
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture))];

    /// <summary>The names of this process's threads that are Tandem's, as far as the kernel keeps them (15 characters).</summary>
    public static string[] Threads(params string[] prefixes) =>
        [.. Directory.GetDirectories("/proc/self/task").Select(task => Read(Path.Combine(task, "comm"))?.Trim())
            .OfType<string>().Where(name => prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))).Order()];

    /// <summary>What each open descriptor of this process refers to, without numbers that differ each time.</summary>
    public static string[] Descriptors() =>
        [.. Directory.GetFiles("/proc/self/fd").Select(LinkTarget).OfType<string>().Select(target => target.Split(":[")[0])
            .Where(target => !target.StartsWith("/proc/", StringComparison.Ordinal)).Order()];

    /// <summary>Mappings of shared memory that Tandem made.</summary>
    public static string[] SharedMappings() =>
        [.. (Read("/proc/self/maps") ?? "").Split('\n').Where(static line =>
            line.Contains("memfd:tandem", StringComparison.Ordinal) || line.Contains("/tandem-pool-", StringComparison.Ordinal))];

    private static bool IsKnown(int pid)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static (string State, int Parent)? Stat(int pid) => StatOf($"/proc/{pid}");

    private static (string State, int Parent)? StatOf(string folder)
    {
        string? stat = Read(Path.Combine(folder, "stat"));
        if (string.IsNullOrEmpty(stat))
            return null;

        // The name, in parentheses, may hold anything.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (fields[0], int.Parse(fields[1], CultureInfo.InvariantCulture));
    }

    private static string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (IOException)
        {
            return null; // closed meanwhile
        }
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // gone meanwhile
        }
    }
}
