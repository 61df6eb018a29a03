using Tandem.Interop;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <summary>
/// Tracks which thread runs code of which request. The work of a request moves between threads when it awaits, and the runtime reports each
/// move, because the request is part of the execution context. So a request that waits without a thread can be distinguished from one that
/// holds a thread.
/// </summary>
internal static class RequestThreads
{
    private static readonly Lock Listing = new(); // guards All
    private static readonly List<RequestThread> All = []; // all threads that ran code of requests and are alive
    private static readonly AsyncLocal<object?> Running = new(OnMoved); // the request whose code runs

    [ThreadStatic]
    private static RequestThread? t_own;

    /// <summary>From now on, the code that this asynchronous method runs and awaits belongs to the request.</summary>
    /// <param name="request">The key of the request: <see cref="LimitedRequest.Key"/>.</param>
    internal static void Enter(object request) => Running.Value = request;

    /// <summary>
    /// The thread that currently runs code of a request; null if there is none. If several do, the one that has done so for longest.
    /// </summary>
    internal static RequestThread? Of(object request)
    {
        RequestThread? found = null;
        lock (Listing)
        {
            All.RemoveAll(static thread => !thread.Thread.IsAlive);
            foreach (RequestThread thread in All)
            {
                if (Volatile.Read(ref thread.Request) == request
                    && (found is null || Volatile.Read(ref thread.Since) < Volatile.Read(ref found.Since)))
                {
                    found = thread;
                }
            }
        }

        return found;
    }

    private static void OnMoved(AsyncLocalValueChangedArgs<object?> args)
    {
        RequestThread own = t_own ??= Add();
        Volatile.Write(ref own.Since, ServedWorker.Current.Time.GetMilliseconds());
        Volatile.Write(ref own.Request, args.CurrentValue);
    }

    private static RequestThread Add()
    {
        var own = new RequestThread(Thread.CurrentThread, Libc.GetThreadId());
        lock (Listing)
            All.Add(own);
        return own;
    }
}
