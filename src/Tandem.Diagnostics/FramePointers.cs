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

    internal static IEnumerable<MethodFrame> Of(ClrRuntime runtime, ClrThread thread)
    {
        IDataReader memory = runtime.DataTarget.DataReader;
        if (Layout is not { } layout)
            yield break;

        byte[] context = new byte[layout.Size];
        if (!memory.GetThreadContext(thread.OSThreadId, layout.Flags, context))
            yield break;

        ulong frame = BinaryPrimitives.ReadUInt64LittleEndian(context.AsSpan(layout.Pointer));
        for (int i = 0; i < MaximumFrames; i++)
        {
            if (!memory.ReadPointer(frame, out ulong caller) || !memory.ReadPointer(frame + 8, out ulong address))
                yield break;

            if (runtime.GetMethodByInstructionPointer(address) is { } method)
                yield return new MethodFrame(method, address);

            // The stack grows down, so callers lie above. Anything else was no frame pointer.
            if (caller <= frame)
                yield break;

            frame = caller;
        }
    }
}
