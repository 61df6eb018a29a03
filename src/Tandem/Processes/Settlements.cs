using System.Diagnostics;
using Tandem.BackgroundWork;

namespace Tandem.Processes;

/// <summary>
/// Items that turned out to be over while the engine's lock was held. They are settled on the thread pool, without the lock: settling an
/// item calls listeners of activities and metrics, which are user code. The pool does not end before.
/// </summary>
/// <param name="engine">The engine of the items.</param>
/// <param name="gate">The engine's lock.</param>
internal sealed class Settlements(ProcessEngine engine, Lock gate)
{
    private int _due; // items that are not settled yet

    internal bool AnyDue
    {
        get
        {
            Debug.Assert(gate.IsHeldByCurrentThread);
            return _due > 0;
        }
    }

    /// <summary>An assigned item fails.</summary>
    internal void Fail(RemoteItem item, Exception error) => Add(item, error);

    /// <summary>An assigned item was cancelled by its caller.</summary>
    internal void Cancel(RemoteItem item) => Add(item, null);

    private void Add(RemoteItem item, Exception? error)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        _due++;
        Background.Queue(static one => one.Owner.Settle(one.Item, one.Error), (Owner: this, Item: item, Error: error));
    }

    private void Settle(RemoteItem item, Exception? error)
    {
        try
        {
            if (error is null)
                engine.CancelItem(item);
            else
                engine.FailItem(item, error);
        }
        finally
        {
            lock (gate)
            {
                _due--;
                engine.CheckIdle();
            }
        }
    }
}
