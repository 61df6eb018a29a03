using System.Globalization;

namespace Tandem.Serve.Workers;

/// <content>Requests that were aborted because they took too long, and still run.</content>
internal sealed partial class WebWorker
{
    private readonly TaskCompletionSource<StuckRequest?> _stuck = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a request does not release its thread; with null if the process exits before.</summary>
    internal Task<StuckRequest?> Stuck => _stuck.Task;

    /// <summary>How many requests exceeded their time limit; known after the worker has exited.</summary>
    internal long TimedOut { get; private set; }

    private void OnStuck(string text)
    {
        int blank = text.IndexOf(' ', StringComparison.Ordinal);
        _stuck.TrySetResult(new StuckRequest(int.Parse(text.AsSpan(0, blank), CultureInfo.InvariantCulture), text[(blank + 1)..]));
    }

    /// <summary>
    /// Called when the worker is draining and only stuck requests are left. The application gets a moment for its own shutdown; then the
    /// process is killed.
    /// </summary>
    private void OnOnlyStuckLeft(string count)
    {
        TimeSpan grace = _context.Options.ShutdownTimeout > StopNowGrace ? _context.Options.ShutdownTimeout : StopNowGrace;
        _ = KillLaterAsync(grace, $"Only {count} requests are left, which were aborted (--request-timeout) and do not end.");
    }
}
