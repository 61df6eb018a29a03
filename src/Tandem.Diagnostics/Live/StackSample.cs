namespace Tandem.Diagnostics;

/// <summary>What a frame is.</summary>
internal enum FrameKind
{
    /// <summary>A method of .NET.</summary>
    Managed,

    /// <summary>A function of a native library.</summary>
    Native,
}

/// <summary>One frame of a stack.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Address">Where it goes on: of the newest frame, the thread's program counter.</param>
/// <param name="StackPointer">Where the stack ended then.</param>
/// <param name="Name">The method as a person would write it; a native function, or module and offset.</param>
/// <param name="Source">File and line; empty where that is not known.</param>
internal sealed record StackFrame(FrameKind Kind, ulong Address, ulong StackPointer, string Name, string Source);

/// <summary>One thread of a process.</summary>
/// <param name="Id">The system's number.</param>
/// <param name="ManagedId">The runtime's number; null for a thread that runs no .NET.</param>
/// <param name="Name">Its name, as far as the system keeps it (15 characters).</param>
/// <param name="State">The system's letter for what it did just before: R for running, S for waiting, D for waiting for a device.</param>
/// <param name="Role">finalizer, gc, or empty.</param>
/// <param name="StackTop">The end of its stack, where it began.</param>
/// <param name="StackBottom">How far it may grow, or has grown.</param>
/// <param name="Frames">Its frames, the newest first.</param>
/// <param name="Problem">Why frames are missing; empty for no reason.</param>
internal sealed record ThreadStack(
    int Id, int? ManagedId, string Name, char State, string Role, ulong StackTop, ulong StackBottom, IReadOnlyList<StackFrame> Frames, string Problem)
{
    internal ulong ProgramCounter => Frames is [{ } newest, ..] ? newest.Address : 0;

    internal ulong StackPointer => Frames is [{ } newest, ..] ? newest.StackPointer : 0;

    internal ulong StackUsed => StackPointer != 0 && StackTop > StackPointer ? StackTop - StackPointer : 0;
}

/// <summary>The stacks of a process.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Pause">How long it stood still.</param>
/// <param name="Threads">Its threads.</param>
internal sealed record StackSample(int ProcessId, TimeSpan Pause, IReadOnlyList<ThreadStack> Threads);
