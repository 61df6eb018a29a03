using System.Globalization;
using System.Text;
using Tandem.Interop;
using Tandem.Launch;

namespace Tandem.Serve.Os;

/// <summary>
/// Runs a program to its end, to see whether it runs at all. By what starts workers: once .NET itself has started a process, it takes the
/// end of every child for its own where it is the first process of a container, and nobody would hear of a worker's.
/// </summary>
internal sealed class Trial : IProcessObserver
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly StringBuilder _output = new(); // the hub's thread's, until the exit
    private readonly TaskCompletionSource<ExitStatus> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WorkerProcess? _process;

    /// <summary>Why a program does not run; null where it does.</summary>
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
        return $"{program} does not run: it has not answered within {Limit.TotalSeconds:0} s.";
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

    private string? Explain(string program)
    {
        ExitStatus status = _exited.Task.Result;
        return status.Code == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{program} does not run, with {(status.IsUnknown ? "an end that is unknown" : status.SignalName ?? $"exit code {status.Code}")}: {_output.ToString().Trim()}");
    }
}
