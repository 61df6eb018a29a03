using System.Diagnostics;

namespace Tandem.Tests.Infrastructure;

/// <summary>
/// Listens to the activities of one pool's items as user code may: when one ends, it asks the pool something on another thread, and waits for
/// the answer. It gets none where the pool waits for the listener.
/// </summary>
internal sealed class AskingListener : IDisposable
{
    private static readonly AsyncLocal<AskingListener?> Present = new();

    private readonly string _pool;
    private readonly Action _ask;
    private readonly ActivityListener _listener;
    private int _answers;
    private int _unanswered;

    /// <param name="pool">The pool's name. Other tests run beside this one.</param>
    /// <param name="ask">Asks the pool.</param>
    internal AskingListener(string pool, Action ask)
    {
        _pool = pool;
        _ask = ask;
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == TandemTelemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => Present.Value == this ? ActivitySamplingResult.AllData : ActivitySamplingResult.None,
            ActivityStopped = OnStopped,
        };
        Present.Value = this;
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>How many questions were answered.</summary>
    internal int Answers => Volatile.Read(ref _answers);

    /// <summary>How many were not.</summary>
    internal int Unanswered => Volatile.Read(ref _unanswered);

    public void Dispose() => _listener.Dispose();

    private void OnStopped(Activity activity)
    {
        if (!Equals(activity.GetTagItem("tandem.pool"), _pool))
            return;

        var thread = new Thread(() => _ask()) { IsBackground = true };
        thread.Start();
        if (Volatile.Read(ref _unanswered) == 0 && thread.Join(Limits.Condition / 4))
            Interlocked.Increment(ref _answers);
        else
            Interlocked.Increment(ref _unanswered);
    }
}
