using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>Hears of a worker process's life. Calls come one at a time.</summary>
internal interface IProcessObserver
{
    /// <summary>A line on standard output or error.</summary>
    void OnOutput(string line, bool isError);

    /// <summary>The process has ended, is reaped, and its output has been delivered.</summary>
    void OnExited(ExitStatus status);
}
