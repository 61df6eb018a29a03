namespace Tandem.Serve;

/// <summary>
/// An action that can be requested repeatedly, such as a reload, and runs once at a time. All requests that arrive while it runs share one
/// further run, which starts afterwards and so takes all of them into account.
/// </summary>
/// <param name="run">The action.</param>
/// <param name="onWaiting">Called when a further run was requested while the action runs.</param>
internal sealed class MergedRuns(Func<Task> run, Action? onWaiting = null)
{
    private readonly Lock _lock = new(); // guards the fields below
    private Task _running = Task.CompletedTask; // the run that began last
    private Task? _next; // the requested run that has not begun; null if there is none

    /// <summary>Requests a run that begins after this call; the task completes as that run does.</summary>
    internal Task RequestAsync()
    {
        Task requested;
        bool waits;
        lock (_lock)
        {
            if (_next is not null)
                return _next;

            waits = !_running.IsCompleted;
            requested = _next = RunAfterAsync(_running);
        }

        if (waits)
            onWaiting?.Invoke();

        return requested;
    }

    private async Task RunAfterAsync(Task former)
    {
        await former.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (_lock)
        {
            _running = _next!;
            _next = null;
        }

        await run().ConfigureAwait(false);
    }
}
