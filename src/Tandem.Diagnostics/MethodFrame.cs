using Microsoft.Diagnostics.Runtime;

namespace Tandem.Diagnostics;

/// <summary>A method on a stack, and the address in it.</summary>
internal readonly record struct MethodFrame(ClrMethod Method, ulong InstructionPointer);
