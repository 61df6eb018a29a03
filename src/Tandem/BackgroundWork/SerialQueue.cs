namespace Tandem.BackgroundWork;

/// <summary>Runs actions one after the other on the thread pool: user code that must not hold up a receiver.</summary>
internal sealed class SerialQueue
{
    private readonly Queue<Action> _actions = new();
    private bool _running;

    /// <summary>What the first action threw that threw anything. For the actions behind it.</summary>
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
