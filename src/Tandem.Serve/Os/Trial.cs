using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Tandem.Interop;
using Tandem.Launch;

namespace Tandem.Serve.Os;

/// <summary>
/// Runs a program until it exits, to check whether it runs at all. It uses the code that starts workers and not
/// <see cref="System.Diagnostics.Process"/>: as the first process of a container, .NET would then reap every child itself, and the exit of
/// a worker would stay unknown.
/// </summary>
internal sealed class Trial : IProcessObserver
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly StringBuilder _output = new(); // used by the hub's thread until the process has exited
    private readonly TaskCompletionSource<ExitStatus> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WorkerProcess? _process;

    /// <summary>Returns why the program does not run; null if it does.</summary>
    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "Called before the server starts, by a command that has nothing else to do.")]
    internal static string? ProblemOf(string program, string[] arguments)
    {
        var trial = new Trial();
        string folder = Environment.CurrentDirectory;
        using var hub = new LinuxProcessHub("trial");
        hub.Post(() => trial.Start(hub, program, arguments, folder));
        try
        {
            if (trial._exited.Task.Wait(Limit))
                return trial.Explain(program);
        }
        catch (AggregateException e)
        {
            return e.InnerException!.Message;
        }

        hub.Post(() => trial._process?.Kill());
        return $"{program} does not run: it did not exit within {Limit.TotalSeconds:0} s.";
    }

    void IProcessObserver.OnOutput(string line, bool isError) => _output.AppendLine(line);

    void IProcessObserver.OnExited(ExitStatus status) => _exited.TrySetResult(status);

    private void Start(LinuxProcessHub hub, string program, string[] arguments, string folder)
    {
        try
        {
            _process = hub.Start(new LaunchPlan(program, arguments, hook: "", folder), LaunchPlan.OwnEnvironment(), [], this);
        }
        catch (Exception e)
        {
            _exited.TrySetException(e);
        }
    }

    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "Called before the server starts, by a command that has nothing else to do.")]
    private string? Explain(string program)
    {
        ExitStatus status = _exited.Task.Result;
        return status.Code == 0
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{program} does not run, with {(status.IsUnknown ? "an unknown exit" : status.SignalName ?? $"exit code {status.Code}")}: "
                + $"{_output.ToString().Trim()}");
    }
}
