using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Tandem.Bench.Children;

/// <summary>Starts this program again, in another role. It ends when its standard input does, which is when this process is gone.</summary>
internal static class ChildProcess
{
    internal const string Role = "child";

    internal static Process Start(params string[] role)
    {
        string executable = Environment.ProcessPath!;
        bool muxer = Path.GetFileNameWithoutExtension(executable).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        var start = new ProcessStartInfo(executable, [.. muxer ? [Assembly.GetEntryAssembly()!.Location] : Array.Empty<string>(), Role, .. role])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        RemoveTandemVariables(start);
        return Process.Start(start)!;
    }

    /// <summary>Runs a role that prints a figure a line, and reads them.</summary>
    internal static async Task<double[]> ReadFiguresAsync(params string[] role)
    {
        using Process child = Start(role);
        string output = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return child.ExitCode == 0 && lines.Length > 0
            ? [.. lines.Select(line => double.Parse(line, CultureInfo.InvariantCulture))]
            : throw new InvalidDataException($"The new process ended with {child.ExitCode} and printed \"{output.Trim()}\".");
    }

    /// <summary>What a plain child inherits must not make it look like a worker.</summary>
    internal static void RemoveTandemVariables(ProcessStartInfo start)
    {
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("TANDEM_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
    }

    internal static void End(Process child)
    {
        child.StandardInput.Close();
        child.WaitForExit();
        child.Dispose();
    }
}
