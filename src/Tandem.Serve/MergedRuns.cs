namespace Tandem.Serve;

/// <summary>
/// An action that is asked for again and again, such as a reload: it runs once at a time. All requests that come while it runs are answered by
/// one further run, which begins after them and so sees all that they were about.
/// </summary>
/// <param name="run">The action.</param>
/// <param name="onWaiting">Called when a further run is due after the one that is under way.</param>
internal sealed class MergedRuns(Func<Task> run, Action? onWaiting = null)
{
    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;
    private Task? _next; // has not begun

    /// <summary>Asks for a run that begins from now on; completes as that run does.</summary>
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
