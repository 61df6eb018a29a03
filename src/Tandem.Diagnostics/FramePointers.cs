using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Diagnostics.Runtime;

namespace Tandem.Diagnostics;

/// <summary>A method on a stack, and where in it.</summary>
internal readonly record struct MethodFrame(ClrMethod Method, ulong InstructionPointer);

/// <summary>
/// The managed methods of a thread by its chain of frame pointers. The runtime's own walk finds nothing while a thread is in native
/// code that the runtime entered without leaving a mark (its fast calls, such as <see cref="Thread.SpinWait"/>); but both kinds of code
/// keep frame pointers: [fp] is the caller's, [fp + 8] the return address, on x64 and arm64 alike.
/// </summary>
internal static class FramePointers
{
    private const int MaximumFrames = 200;

    // Offsets in the CONTEXT structures of winnt.h, which the library uses on every system.
    private static (int Pointer, int Size, uint Flags)? Layout => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => (0xA0, 0x4D0, 0x100003),
        Architecture.Arm64 => (0xF0, 0x390, 0x400003),
        _ => null,
    };

    /// <summary>The return addresses in the chain, and where the stack ended when each was left.</summary>
    /// <param name="memory">Of the process.</param>
    /// <param name="frame">The thread's frame pointer.</param>
    /// <param name="lowest">The stack pointer, where it is known: anything below it was no frame pointer.</param>
    /// <param name="most">How many to return.</param>
    internal static IEnumerable<(ulong Address, ulong StackPointer)> Chain(IDataReader memory, ulong frame, ulong lowest, int most)
    {
        // What is no multiple of a pointer's size was no frame pointer either.
        for (int i = 0; i < most && frame >= lowest && (frame & 7) == 0; i++)
        {
            if (!memory.ReadPointer(frame, out ulong caller) || !memory.ReadPointer(frame + 8, out ulong address) || address == 0)
                yield break;

            yield return (address, frame + 16);
            // The stack grows down, so callers lie above.
            if (caller <= frame)
                yield break;

            frame = caller;
        }
    }

    internal static IEnumerable<MethodFrame> Of(ClrRuntime runtime, ClrThread thread)
    {
        IDataReader memory = runtime.DataTarget.DataReader;
        if (Layout is not { } layout)
            yield break;

        byte[] context = new byte[layout.Size];
        if (!memory.GetThreadContext(thread.OSThreadId, layout.Flags, context))
            yield break;

        ulong frame = BinaryPrimitives.ReadUInt64LittleEndian(context.AsSpan(layout.Pointer));
        foreach ((ulong address, _) in Chain(memory, frame, lowest: 0, MaximumFrames))
        {
            if (runtime.GetMethodByInstructionPointer(address) is { } method)
                yield return new MethodFrame(method, address);
        }
    }
}
