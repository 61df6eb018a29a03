using System.Diagnostics;

namespace Tandem.Top.Tests.Infrastructure;

/// <summary>The command while it runs, to be sent a signal.</summary>
internal sealed class StartedTool : IDisposable
{
    private readonly Process _process;
    private readonly string _line;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private StartedTool(Process process, string line)
    {
        _process = process;
        _line = line;
        _output = process.StandardOutput.ReadToEndAsync();
        _errors = process.StandardError.ReadToEndAsync();
    }

    internal int Id => _process.Id;

    internal bool HasEnded => _process.HasExited;

    internal static StartedTool Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Tool.Path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        return new StartedTool(Process.Start(start)!, string.Join(' ', arguments));
    }

    /// <summary>Ctrl+C.</summary>
    internal async Task InterruptAsync()
    {
        using Process kill = Process.Start("/bin/sh", ["-c", $"kill -INT {Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    internal async Task<CommandRun> EndAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new CommandRun(_line, _process.ExitCode, await _output, await _errors, []);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();

        _process.Dispose();
    }
}
