using System.ComponentModel;
using System.Diagnostics;
using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>A worker process that <see cref="Process"/> has started.</summary>
internal sealed class PortableWorkerProcess : WorkerProcess
{
    private readonly Process _process;
    private readonly Dictionary<string, string> _environment;
    private readonly string? _key; // identifies the process's diagnostic files
    private readonly StartedChild _child;

    private PortableWorkerProcess(Process process, Dictionary<string, string> environment)
    {
        _process = process;
        _environment = environment;
        Id = process.Id;
        _child = OperatingSystem.IsWindows() ? new WindowsChild(process.SafeHandle) : new RuntimeChild(Id);
        _key = DiagnosticFiles.KeyOf(Id);
    }

    internal override int Id { get; }

    internal static PortableWorkerProcess Start(LaunchPlan plan, Dictionary<string, string> environment, IProcessObserver observer)
    {
        var info = new ProcessStartInfo(plan.Executable, plan.Arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
            WorkingDirectory = plan.Folder ?? "",
        };
        info.Environment.Clear();
        foreach ((string key, string value) in environment)
            info.Environment[key] = value;

        Process process;
        try
        {
            process = Process.Start(info) ?? throw new WorkerStartException($"'{plan.Executable}' could not be started as a worker.");
        }
        catch (Win32Exception e)
        {
            throw new WorkerStartException($"'{plan.Executable}' could not be started as a worker: {SystemLimits.Explain(e)}.", e);
        }

        process.StandardInput.Close();
        var started = new PortableWorkerProcess(process, environment);
        _ = started.WatchAsync(observer);
        return started;
    }

    internal override void Terminate() => _child.Terminate();

    internal override void Kill() => _child.Kill();

    public override void Dispose() => _process.Dispose();

    private async Task WatchAsync(IProcessObserver observer)
    {
        var output = new OutputPipe(_process.StandardOutput.BaseStream, line => observer.OnOutput(line, isError: false));
        var error = new OutputPipe(_process.StandardError.BaseStream, line => observer.OnOutput(line, isError: true));
        await ExitAsync().ConfigureAwait(false);
        _child.EndGroup();

        await Task.WhenAll(output.DrainAsync(), error.DrainAsync()).ConfigureAwait(false);
        if (_process.ExitCode != 0)
            DiagnosticFiles.Delete(Id, _key, _environment);

        Background.Run(observer.OnExited, Status(_process.ExitCode));
    }

    /// <summary>
    /// Completes at the exit alone. <see cref="Process.WaitForExitAsync"/> would also wait for descendants that hold the pipes open.
    /// </summary>
    private Task ExitAsync()
    {
        var exited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.Exited += (_, _) => exited.TrySetResult();
        _process.EnableRaisingEvents = true;
        return exited.Task;
    }

    /// <summary>
    /// Converts an exit code. On Unix, <see cref="Process.ExitCode"/> is 128 plus the signal; a program may also exit with such a code
    /// itself, which looks the same.
    /// </summary>
    private static ExitStatus Status(int code) =>
        OperatingSystem.IsWindows() ? new ExitStatus(code, null) { IsGuess = code == WindowsExitCodes.ProcessKill }
        : code is > 128 and < 160 ? new ExitStatus(null, code - 128) { IsGuess = true }
        : new ExitStatus(code, null);
}
