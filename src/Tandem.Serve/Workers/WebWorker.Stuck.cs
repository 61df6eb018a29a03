using System.Globalization;

namespace Tandem.Serve.Workers;

/// <content>Requests that take too long and do not end when they are told to.</content>
internal sealed partial class WebWorker
{
    private readonly TaskCompletionSource<StuckRequest?> _stuck = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a request does not give its thread back; with null when the process has ended without that.</summary>
    internal Task<StuckRequest?> Stuck => _stuck.Task;

    /// <summary>How many requests took too long in its life; known when it has ended.</summary>
    internal long TimedOut { get; private set; }

    private void OnStuck(string text)
    {
        int blank = text.IndexOf(' ', StringComparison.Ordinal);
        _stuck.TrySetResult(new StuckRequest(int.Parse(text.AsSpan(0, blank), CultureInfo.InvariantCulture), text[(blank + 1)..]));
    }

    /// <summary>It ends, all that could be done is done, and what is left does not end. The application has a moment for its own shutdown.</summary>
    private void OnOnlyStuckLeft(string count)
    {
        TimeSpan grace = _context.Options.ShutdownTimeout > StopNowGrace ? _context.Options.ShutdownTimeout : StopNowGrace;
        _ = KillLaterAsync(grace, $"It has ended all but {count} requests that were aborted (--request-timeout) and do not end.");
    }
}

/// <summary>A request that does not end.</summary>
/// <param name="ThreadId">The system's number of the thread that it holds; 0 for none.</param>
/// <param name="Request">Which, for people.</param>
internal sealed record StuckRequest(int ThreadId, string Request);
