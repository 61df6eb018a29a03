using Tandem.Interop;

namespace Tandem.Serve.Worker;

/// <summary>
/// Which thread runs code of which request. A request's work moves from thread to thread where it awaits; the runtime tells of each move, because
/// the request is part of the execution context. So a request that waits without a thread is told from one that holds a thread.
/// </summary>
internal static class RequestThreads
{
    private static readonly Lock Listing = new();
    private static readonly List<RequestThread> All = [];
    private static readonly AsyncLocal<object?> Running = new(OnMoved);

    [ThreadStatic]
    private static RequestThread? t_own;

    /// <summary>From now on what this asynchronous method runs and awaits is the request's.</summary>
    /// <param name="request">What stands for it: <see cref="LimitedRequest.Key"/>.</param>
    internal static void Enter(object request) => Running.Value = request;

    /// <summary>The thread that runs code of a request now; null where it has none. Of several, one that has done so for longest.</summary>
    internal static RequestThread? Of(object request)
    {
        RequestThread? found = null;
        lock (Listing)
        {
            All.RemoveAll(static thread => !thread.Thread.IsAlive);
            foreach (RequestThread thread in All)
            {
                if (Volatile.Read(ref thread.Request) == request && (found is null || Volatile.Read(ref thread.Since) < Volatile.Read(ref found.Since)))
                    found = thread;
            }
        }

        return found;
    }

    private static void OnMoved(AsyncLocalValueChangedArgs<object?> args)
    {
        RequestThread own = t_own ??= Add();
        Volatile.Write(ref own.Since, Environment.TickCount64);
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
