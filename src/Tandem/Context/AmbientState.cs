using System.Runtime.CompilerServices;

namespace Tandem.Context;

/// <summary>
/// The state of a thread before it ran its first item. Nothing that an item sets on its thread may reach the next item, because it may be
/// another tenant's data. Values of <see cref="AsyncLocal{T}"/> (cultures, the principal and the current activity among them) belong to
/// the execution context; the remaining state is compared piece by piece.
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

    /// <summary>The state of the calling thread at the first call, which comes before any user code.</summary>
    internal static AmbientState OfThread => t_ofThread ??= new AmbientState();

    /// <summary>Resets the thread after an item.</summary>
    internal void Reset() => Reset(_context);

    /// <summary>Resets the thread after an element of a chunk, for the next element.</summary>
    /// <param name="context">The context with which each element starts: the caller's cultures and activity only.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // otherwise it takes a fifth of the time of the shortest element of a map
    internal void Reset(ExecutionContext? context)
    {
        Thread thread = _thread;
        // The context differs, or is null because the work has suppressed the flow.
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
