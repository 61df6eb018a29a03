using System.Collections.Concurrent;

namespace Tandem.Serve.Worker;

/// <summary>
/// Runs what the end of requests runs of the application, such as callbacks of cancelled tokens. Not on the thread pool, whose threads the
/// requests may all hold; and where one callback blocks, another thread goes on with the rest.
/// </summary>
internal sealed class AbortThreads
{
    private const int Most = 8;

    private readonly ConcurrentQueue<Action> _jobs = new();
    private readonly Lock _lock = new();
    private int _threads;
    private long _done;
    private long _doneBefore;

    internal void Add(Action job) => _jobs.Enqueue(job);

    /// <summary>Called now and then: has a thread run what was added, or one more where those that run get nowhere.</summary>
    internal void Look()
    {
        if (_jobs.IsEmpty)
            return;

        lock (_lock)
        {
            long done = Interlocked.Read(ref _done);
            bool getsOn = _threads > 0 && done != _doneBefore;
            _doneBefore = done;
            if (getsOn || _threads >= Most)
                return;

            _threads++;
        }

        new Thread(Run) { IsBackground = true, Name = "Tandem aborts" }.Start();
    }

    private void Run()
    {
        while (_jobs.TryDequeue(out Action? job))
        {
            try
            {
                job();
            }
            catch (Exception)
            {
                // The application's own: it has registered something that throws when a request is aborted.
            }

            Interlocked.Increment(ref _done);
        }

        lock (_lock)
            _threads--;
    }
}
