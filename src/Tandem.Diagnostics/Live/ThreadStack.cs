namespace Tandem.Diagnostics;

/// <summary>One thread of a process.</summary>
/// <param name="Id">The system's thread id.</param>
/// <param name="ManagedId">The runtime's thread id; null for a thread that does not run .NET code.</param>
/// <param name="Name">The thread's name, of which the system keeps 15 characters.</param>
/// <param name="State">
/// The system's letter for its state just before the stop: R for running, S for waiting, D for waiting for a device.
/// </param>
/// <param name="Role">finalizer, gc, or empty.</param>
/// <param name="StackTop">The highest address of its stack, where it began.</param>
/// <param name="StackBottom">The lowest address of its stack, as far as it may grow, or has grown.</param>
/// <param name="Frames">The frames, newest first.</param>
/// <param name="Problem">Why frames are missing; empty if none are.</param>
internal sealed record ThreadStack(
    int Id,
    int? ManagedId,
    string Name,
    char State,
    string Role,
    ulong StackTop,
    ulong StackBottom,
    IReadOnlyList<StackFrame> Frames,
    string Problem)
{
    internal ulong ProgramCounter => Frames is [{ } newest, ..] ? newest.Address : 0;

    internal ulong StackPointer => Frames is [{ } newest, ..] ? newest.StackPointer : 0;

    internal ulong StackUsed => StackPointer != 0 && StackTop > StackPointer ? StackTop - StackPointer : 0;
}
