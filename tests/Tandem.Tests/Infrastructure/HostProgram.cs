using System.Diagnostics;

namespace Tandem.Tests.Infrastructure;

/// <summary>Runs Tandem.TestHost in a process of its own: a program with a pool, seen from outside.</summary>
internal sealed class HostProgram : IDisposable
{
    private readonly Process _process;

    private HostProgram(Process process) => _process = process;

    internal int Id => _process.Id;

    internal static HostProgram Start(string role, string kind, string work = "idle", string? mainTraces = null)
    {
        // Beside this program: …/bin/Tandem.Tests/debug → …/bin/Tandem.TestHost/debug.
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        string program = Path.Combine(here.Parent!.Parent!.FullName, "Tandem.TestHost", here.Name, "Tandem.TestHost");
        var info = new ProcessStartInfo(program, [role, kind, work]) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (mainTraces is not null)
            info.Environment["TESTHOST_MAIN_TRACES"] = mainTraces;

        Process process = Process.Start(info)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return new HostProgram(process);
    }

    internal async Task<string> ReadLineAsync() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(Limits.Condition) ?? throw new InvalidOperationException("The program said nothing.");

    /// <summary>The workers that it says it has.</summary>
    internal async Task<int[]> WorkersAsync()
    {
        string line = await ReadLineAsync();
        Assert.StartsWith("workers ", line, StringComparison.Ordinal);
        return [.. line.Split(' ').Skip(1).Select(pid => int.Parse(pid, null))];
    }

    internal async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Limits.Condition);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
