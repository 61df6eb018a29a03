using Tandem.Telemetry;

namespace Tandem.Work;

/// <summary>Runs actions one after the other on the thread pool: user code that must not hold up a receiver.</summary>
internal sealed class SerialQueue
{
    private readonly Queue<Action> _actions = new();
    private bool _running;

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
            catch (Exception)
            {
                // A progress receiver that throws has nobody to throw to: in this process its caller would be the work itself.
            }
        }
    }
}
