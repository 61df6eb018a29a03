using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>Observes a worker process. Calls do not overlap.</summary>
internal interface IProcessObserver
{
    /// <summary>Called for each line on standard output or standard error.</summary>
    void OnOutput(string line, bool isError);

    /// <summary>Called when the process has exited, was reaped, and all its output was delivered.</summary>
    void OnExited(ExitStatus status);
}
