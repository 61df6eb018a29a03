using System.Runtime.CompilerServices;

namespace Tandem.Context;

/// <summary>
/// What a thread that runs items was like before the first of them. Nothing that an item sets on its thread reaches the next item: a
/// tenant's data must not. Values of <see cref="AsyncLocal{T}"/> (cultures, the principal and the current activity are such) go with the
/// execution context; the rest is looked at one by one.
/// </summary>
internal sealed class AmbientState
{
    [ThreadStatic]
    private static AmbientState? t_ofThread;

    private readonly Thread _thread = Thread.CurrentThread;
    private readonly ExecutionContext? _context = ExecutionContext.Capture();
    private readonly string? _name;
    private readonly ThreadPriority _priority;
    private readonly bool _isBackground;

    private AmbientState()
    {
        _name = _thread.Name;
        _priority = _thread.Priority;
        _isBackground = _thread.IsBackground;
    }

    /// <summary>Of the calling thread, as it was at the first call, which comes before any code of the user's.</summary>
    internal static AmbientState OfThread => t_ofThread ??= new AmbientState();

    /// <summary>An item has ended.</summary>
    internal void Reset() => Reset(_context);

    /// <summary>An element has ended; the next one starts as it did.</summary>
    /// <param name="context">What the elements start with: the caller's cultures and activity, and nothing else.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // a fifth of what the shortest element of a map takes, otherwise
    internal void Reset(ExecutionContext? context)
    {
        Thread thread = _thread;
        // Another context, or null, where the work has suppressed the flow.
        if (ExecutionContext.Capture() != context || SynchronizationContext.Current is not null
            || (object?)thread.Name != _name || thread.Priority != _priority || thread.IsBackground != _isBackground)
        {
            Restore(context);
        }
    }

    private void Restore(ExecutionContext? context)
    {
        if (context is not null)
            ExecutionContext.Restore(context);
        SynchronizationContext.SetSynchronizationContext(null);
        _thread.Name = _name;
        _thread.Priority = _priority;
        _thread.IsBackground = _isBackground;
    }
}
