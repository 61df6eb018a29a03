using System.Collections.Concurrent;

namespace Tandem.Serve.Worker;

/// <summary>
/// Runs code of the application that aborting a request triggers, such as callbacks of cancelled tokens. It does not run on the thread
/// pool, because requests may hold all of its threads. If one callback blocks, another thread continues with the rest.
/// </summary>
internal sealed class AbortThreads
{
    private const int Most = 8;

    private readonly ConcurrentQueue<Action> _jobs = new(); // jobs that no thread has taken yet
    private readonly Lock _lock = new(); // guards _threads and _doneBefore
    private int _threads; // how many threads run
    private long _done; // how many jobs are done
    private long _doneBefore; // _done at the last check

    internal void Add(Action job) => _jobs.Enqueue(job);

    /// <summary>
    /// Called regularly: starts a thread if there are jobs and no thread runs, or one more if the running threads make no progress.
    /// </summary>
    internal void Check()
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
                // An exception of the application: it registered a callback that throws when a request is aborted.
            }

            Interlocked.Increment(ref _done);
        }

        lock (_lock)
            _threads--;
    }
}
