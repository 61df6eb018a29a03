using System.Diagnostics;
using System.Globalization;

namespace Tandem.Smoke;

/// <summary>Other processes, seen from outside on every system.</summary>
internal static class OtherProcess
{
    /// <summary>The words that start this program.</summary>
    internal static string[] OwnCommand
    {
        get
        {
            string path = Environment.ProcessPath!;
            bool isShared = Path.GetFileNameWithoutExtension(path).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
            return isShared ? [path, Path.Combine(AppContext.BaseDirectory, "Tandem.Smoke.dll")] : [path];
        }
    }

    /// <summary>Starts a program. What it prints is dropped.</summary>
    internal static Process Start(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    internal static void Kill(int id)
    {
        using var process = Process.GetProcessById(id);
        process.Kill();
    }

    /// <summary>Whether a process runs. One that has ended and whose parent has not asked for its exit code does not.</summary>
    internal static bool IsAlive(int id)
    {
        if (OperatingSystem.IsLinux())
            return State(id) is not (null or 'Z' or 'X');

        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static char? State(int id)
    {
        try
        {
            // The name before it may contain anything.
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
