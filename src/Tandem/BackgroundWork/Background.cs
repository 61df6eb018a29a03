namespace Tandem.BackgroundWork;

/// <summary>
/// Starts all work of the library that nothing awaits: threads, timers, work on the thread pool, callbacks of tokens. An unhandled
/// exception in such work terminates the process, and some exceptions are always unexpected: an assembly that cannot be loaded because
/// the program's folder was renamed, memory that ran out, a listener that throws. So work that is started here survives every exception:
/// the exception is reported, and the code that depends on the work is notified, so that it fails instead of waiting forever.
/// </summary>
/// <remarks>
/// The body is deliberately a separate delegate: the code that it needs is loaded when it is called, inside of the guard. A test lists
/// all code that starts work in another way.
/// </remarks>
internal static class Background
{
    private static int s_failures;

    /// <summary>How many pieces of work have failed.</summary>
    internal static int Failures => Volatile.Read(ref s_failures);

    /// <summary>Receives every failure, once it is set.</summary>
    internal static Action<string>? Listener { get; set; }

    /// <summary>Creates a background thread, without starting it.</summary>
    /// <param name="name">The name of the thread.</param>
    /// <param name="stack">The size of the stack in bytes; 0 for the default.</param>
    /// <param name="body">The code that the thread runs.</param>
    /// <param name="failed">Called with the exception that the body throws, to end what depends on the thread.</param>
    internal static Thread Thread(string name, int stack, Action body, Action<Exception>? failed = null) =>
        new(() => Run(body, failed), stack) { IsBackground = true, Name = name };

    /// <summary>Runs an action on the thread pool, without the caller's execution context.</summary>
    internal static void Queue<TState>(Action<TState> body, TState state, Action<TState, Exception>? failed = null) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            static work => Run(work.body, work.state, work.failed), (body, state, failed), preferLocal: false);

    /// <summary>
    /// Creates a timer on the system's clock that runs an action on the thread pool, after a delay and then periodically.
    /// </summary>
    /// <inheritdoc cref="Timer(TimeProvider, Action, TimeSpan, TimeSpan, Action{Exception})" path="/remarks"/>
    internal static ITimer Timer(Action body, TimeSpan due, TimeSpan period, Action<Exception>? failed = null) =>
        Timer(TimeProvider.System, body, due, period, failed);

    /// <summary>Creates a timer on the system's clock that runs an action once, after a delay.</summary>
    internal static ITimer Timer(Action body, TimeSpan due, Action<Exception>? failed = null) =>
        Timer(TimeProvider.System, body, due, Timeout.InfiniteTimeSpan, failed);

    /// <summary>Creates a timer that runs an action once, after a delay.</summary>
    internal static ITimer Timer(TimeProvider time, Action body, TimeSpan due, Action<Exception>? failed = null) =>
        Timer(time, body, due, Timeout.InfiniteTimeSpan, failed);

    /// <summary>Creates a timer that runs an action on the thread pool, after a delay and then periodically.</summary>
    /// <remarks>The execution context of the caller does not flow into the timer, and the timer does not keep it alive.</remarks>
    internal static ITimer Timer(TimeProvider time, Action body, TimeSpan due, TimeSpan period, Action<Exception>? failed = null)
    {
        bool flows = !ExecutionContext.IsFlowSuppressed();
        if (flows)
            ExecutionContext.SuppressFlow();
        try
        {
            // A clock that is not the system's may call back on any thread, also on this one, which may hold a lock.
            return time == TimeProvider.System
                ? time.CreateTimer(_ => Run(body, failed), null, due, period)
                : time.CreateTimer(_ => Queue(static timer => Run(timer.body, timer.failed), (body, failed)), null, due, period);
        }
        finally
        {
            if (flows)
                ExecutionContext.RestoreFlow();
        }
    }

    /// <summary>
    /// Runs an action when a token is cancelled, on the thread that cancels it, or a timer's. The action runs without the caller's
    /// execution context, and its exceptions do not reach the code that cancels.
    /// </summary>
    internal static CancellationTokenRegistration OnCanceled<TState>(Action<TState> body, TState state, CancellationToken token) =>
        token.UnsafeRegister(static work => RunRegistered((Registered<TState>)work!), new Registered<TState>(body, state));

    /// <summary>Runs an action and survives its exceptions.</summary>
    internal static void Run(Action body, Action<Exception>? failed = null)
    {
        try
        {
            body();
        }
        catch (Exception e)
        {
            Report(e);
            Notify(failed, e);
        }
    }

    /// <summary>Runs an action and survives its exceptions.</summary>
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
                Notify(error => failed(state, error), e);
        }
    }

    /// <summary>Reports an exception that was survived.</summary>
    internal static void Report(Exception error)
    {
        Interlocked.Increment(ref s_failures);
        try
        {
            Listener?.Invoke(error.ToString());
        }
        catch (Exception)
        {
            // There is nothing left to report to.
        }
    }

    private static void RunRegistered<TState>(Registered<TState> work) => Run(work.Body, work.State);

    private static void Notify(Action<Exception>? failed, Exception error)
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
