namespace Tandem.BackgroundWork;

/// <summary>Runs actions one at a time on the thread pool: user code that must not block a receiver.</summary>
internal sealed class SerialQueue
{
    private readonly Queue<Action> _actions = new(); // guarded by itself
    private bool _running; // whether an action is running or about to

    /// <summary>The first exception that an action threw, for the actions after it.</summary>
    internal Exception? FirstError { get; private set; }

    internal void Enqueue(Action action)
    {
        lock (_actions)
        {
            _actions.Enqueue(action);
            if (_running)
                return;

            _running = true;
        }

        Background.Queue(static queue => queue.Execute(), this);
    }

    private void Execute()
    {
        while (true)
        {
            Action? action;
            lock (_actions)
            {
                if (!_actions.TryDequeue(out action))
                {
                    _running = false;
                    return;
                }
            }

            try
            {
                action();
            }
            catch (Exception e)
            {
                FirstError ??= e;
            }
        }
    }
}
