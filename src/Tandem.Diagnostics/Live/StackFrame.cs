namespace Tandem.Diagnostics;

/// <summary>One frame of a stack.</summary>
/// <param name="Kind">The kind of the frame.</param>
/// <param name="Address">The address at which it continues; for the newest frame, the thread's program counter.</param>
/// <param name="StackPointer">The stack pointer in this frame.</param>
/// <param name="Name">The readable name of the method; for native code the function, or module and offset.</param>
/// <param name="Source">File and line; empty if unknown.</param>
internal sealed record StackFrame(StackFrameKind Kind, ulong Address, ulong StackPointer, string Name, string Source);
