using System.Diagnostics;

namespace Tandem.Tests.Infrastructure;

/// <summary>Runs Tandem.TestHost in a process of its own: a program with a pool, seen from outside.</summary>
internal sealed class HostProgram : IDisposable
{
    private readonly Process _process;

    private HostProgram(Process process) => _process = process;

    internal int Id => _process.Id;

    /// <summary>The program's file.</summary>
    internal static string FilePath => Path.Combine(Folder, FileName);

    internal static HostProgram Start(string role, string kind, string work = "idle", string? mainTraces = null, int workers = 2)
    {
        var info = new ProcessStartInfo(FilePath, [role, kind, work, $"{workers}"]);
        if (mainTraces is not null)
            info.Environment["TESTHOST_MAIN_TRACES"] = mainTraces;

        return Start(info);
    }

    /// <summary>Starts a copy that <see cref="Copy"/> made.</summary>
    internal static HostProgram StartIn(string folder, params string[] arguments) => Start(new ProcessStartInfo(Path.Combine(folder, FileName), arguments));

    /// <summary>Starts it from a shell, behind commands that limit or change what it gets.</summary>
    internal static HostProgram StartBehind(string commands, params string[] arguments) =>
        Start(new ProcessStartInfo("/bin/sh", ["-c", $"{commands}; exec \"$@\"", "sh", FilePath, .. arguments]));

    /// <summary>Starts it by a command.</summary>
    internal static HostProgram StartCommand(string[] words) => Start(new ProcessStartInfo(words[0], words[1..]));

    /// <summary>Copies the program's files into a folder of their own.</summary>
    internal static void Copy(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(Folder))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }

    private const string Name = "Tandem.TestHost";

    private static string FileName => SystemPaths.Program(Name);

    /// <summary>Beside this program: …/bin/Tandem.Tests/debug → …/bin/Tandem.TestHost/debug.</summary>
    private static string Folder
    {
        get
        {
            var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            return Path.Combine(here.Parent!.Parent!.FullName, Name, here.Name);
        }
    }

    private static HostProgram Start(ProcessStartInfo info)
    {
        info.RedirectStandardOutput = true;
        info.RedirectStandardError = true;
        Process process = Process.Start(info)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return new HostProgram(process);
    }

    /// <param name="limit">How long the program may take for what comes before the line; null for what a test may take.</param>
    internal async Task<string> ReadLineAsync(TimeSpan? limit = null) =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(limit ?? TimeSpan.FromMilliseconds(Limits.Test)) ?? throw new InvalidOperationException("The program said nothing.");

    /// <summary>The workers that it says it has.</summary>
    internal async Task<int[]> WorkersAsync()
    {
        string line = await ReadLineAsync();
        Assert.StartsWith("workers ", line, StringComparison.Ordinal);
        return [.. line.Split(' ').Skip(1).Select(pid => int.Parse(pid, null))];
    }

    internal async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMilliseconds(Limits.Test));
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
