using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Tandem.ServeBench.Servers;

/// <summary>What the operating system knows about processes.</summary>
internal static partial class Os
{
    internal const int Kill = 9;
    internal const int UserSignal2 = 12;
    internal const int Hangup = 1;
    internal const int UserSignal1 = 10;
    internal const int Terminate = 15;
    internal const int Stop = 19;

    internal static void Signal(int pid, int signal) => _ = SendSignal(pid, signal);

    /// <summary>Stops a process, and waits until none of its threads runs.</summary>
    internal static void StopProcess(int pid)
    {
        Signal(pid, Stop);
        SpinWait.SpinUntil(() => !ThreadStates(pid).Any(static state => state is not ("T" or "Z" or "X")), TimeSpan.FromSeconds(5));
    }

    /// <summary>The processes that a process started and that run still.</summary>
    internal static int[] Children(int parent)
    {
        List<int> children = [];
        foreach (string folder in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && IsChild(folder, parent))
                children.Add(pid);
        }

        return [.. children];
    }

    internal static bool RunsFile(int pid, string name)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains(name, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    internal static ProcessMemory Memory(int pid)
    {
        double own = 0, written = 0, share = 0;
        foreach (string line in File.ReadLines($"/proc/{pid}/smaps_rollup"))
        {
            if (line.StartsWith("Private_", StringComparison.Ordinal) && !line.StartsWith("Private_Hugetlb", StringComparison.Ordinal))
                own += Mib(line);
            if (line.StartsWith("Private_Dirty:", StringComparison.Ordinal))
                written = Mib(line);
            else if (line.StartsWith("Pss:", StringComparison.Ordinal))
                share = Mib(line);
        }

        return new ProcessMemory(own, written, share);
    }

    /// <summary>Differs from before once a process runs another program, or the same one anew: the kernel lays it out at random each time.</summary>
    /// <returns>Null where there is nothing to be seen: the process is gone, or between two programs.</returns>
    internal static string? Image(int pid)
    {
        try
        {
            byte[] vector = File.ReadAllBytes($"/proc/{pid}/auxv");
            return vector.Length == 0 ? null : Convert.ToHexString(vector);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static double Mib(string line) =>
        double.Parse(line.AsSpan(line.IndexOf(':') + 1).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture) / 1024;

    private static bool IsChild(string folder, int parent)
    {
        try
        {
            string[] fields = StateAndParent(folder);
            return fields[0] is not ("Z" or "X") && int.Parse(fields[1], CultureInfo.InvariantCulture) == parent;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static List<string> ThreadStates(int pid)
    {
        List<string> states = [];
        try
        {
            foreach (string thread in Directory.GetDirectories($"/proc/{pid}/task"))
                states.Add(StateAndParent(thread)[0]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process has ended; or a thread has, and the others must be looked at again.
            return Directory.Exists($"/proc/{pid}") ? ["?"] : [];
        }

        return states;
    }

    private static string[] StateAndParent(string folder)
    {
        // The name may contain anything; the fields behind it are the state and the parent.
        string stat = File.ReadAllText(folder + "/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ', 3);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}

/// <summary>Memory in MiB.</summary>
/// <param name="Private">What a process has for itself alone; files, too, that no other one happens to have mapped.</param>
/// <param name="Written">Of that, what it has written, so that no other process could have it in common.</param>
/// <param name="Proportional">What it has for itself, and its share of what it has in common with others.</param>
internal readonly record struct ProcessMemory(double Private, double Written, double Proportional);
