namespace Tandem.BackgroundWork;

/// <summary>
/// All work of the library that nobody awaits: threads, timers, work on the thread pool, callbacks of tokens. An exception that leaves
/// such work ends the process, and there are always some that nobody thought of: an assembly that cannot be loaded because the
/// program's folder was renamed, memory that ran out, a listener that throws. So what is started here survives every exception: it is
/// reported, and what depends on the work is told, so that it fails instead of waiting for ever.
/// </summary>
/// <remarks>
/// The body is a delegate of its own on purpose: what it needs is loaded when it is called, inside of the guard. A test lists what starts
/// work otherwise.
/// </remarks>
internal static class Background
{
    private static int s_failures;

    /// <summary>How many pieces of work have failed.</summary>
    internal static int Failures => Volatile.Read(ref s_failures);

    /// <summary>Told of every failure, once somebody can be.</summary>
    internal static Action<string>? Listener { get; set; }

    /// <summary>A background thread, not started yet.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="stack">The size of its stack in bytes; 0 for the default.</param>
    /// <param name="body">What it runs.</param>
    /// <param name="failed">Called with what the body throws: it ends what depends on the thread.</param>
    internal static Thread Thread(string name, int stack, Action body, Action<Exception>? failed = null) =>
        new(() => Run(body, failed), stack) { IsBackground = true, Name = name };

    /// <summary>Runs something on the thread pool, in no context.</summary>
    internal static void Queue<TState>(Action<TState> body, TState state, Action<TState, Exception>? failed = null) =>
        ThreadPool.UnsafeQueueUserWorkItem(static work => Run(work.body, work.state, work.failed), (body, state, failed), preferLocal: false);

    /// <summary>A timer that runs something on the thread pool, after a time and then in each period.</summary>
    /// <remarks>Nothing of the context of whoever happens to start it flows there, or is kept alive by it.</remarks>
    internal static ITimer Timer(Action body, TimeSpan due, TimeSpan period, Action<Exception>? failed = null)
    {
        bool flows = !ExecutionContext.IsFlowSuppressed();
        if (flows)
            ExecutionContext.SuppressFlow();
        try
        {
            return TimeProvider.System.CreateTimer(_ => Run(body, failed), null, due, period);
        }
        finally
        {
            if (flows)
                ExecutionContext.RestoreFlow();
        }
    }

    /// <summary>A timer that runs something once, after a time.</summary>
    internal static ITimer Timer(Action body, TimeSpan due, Action<Exception>? failed = null) => Timer(body, due, Timeout.InfiniteTimeSpan, failed);

    /// <summary>
    /// Has something run when a token is cancelled: on the thread of whoever cancels it, or of a timer. In no context, and without an
    /// exception for the one who cancels.
    /// </summary>
    internal static CancellationTokenRegistration OnCanceled<TState>(Action<TState> body, TState state, CancellationToken token) =>
        token.UnsafeRegister(static work => RunRegistered((Registered<TState>)work!), new Registered<TState>(body, state));

    /// <summary>Runs something, and survives it.</summary>
    internal static void Run(Action body, Action<Exception>? failed = null)
    {
        try
        {
            body();
        }
        catch (Exception e)
        {
            Report(e);
            Tell(failed, e);
        }
    }

    /// <summary>Runs something, and survives it.</summary>
    internal static void Run<TState>(Action<TState> body, TState state, Action<TState, Exception>? failed = null)
    {
        try
        {
            body(state);
        }
        catch (Exception e)
        {
            Report(e);
            if (failed is not null)
                Tell(error => failed(state, error), e);
        }
    }

    /// <summary>Makes known what was survived.</summary>
    internal static void Report(Exception error)
    {
        Interlocked.Increment(ref s_failures);
        try
        {
            Listener?.Invoke(error.ToString());
        }
        catch (Exception)
        {
            // Nobody is left to be told.
        }
    }

    private static void RunRegistered<TState>(Registered<TState> work) => Run(work.Body, work.State);

    private static void Tell(Action<Exception>? failed, Exception error)
    {
        try
        {
            failed?.Invoke(error);
        }
        catch (Exception e)
        {
            Report(e);
        }
    }

    private sealed record Registered<TState>(Action<TState> Body, TState State);
}
