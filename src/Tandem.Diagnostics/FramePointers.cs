using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Diagnostics.Runtime;

namespace Tandem.Diagnostics;

/// <summary>
/// Finds the managed methods of a thread through its chain of frame pointers. The runtime's own stack walk finds nothing while a thread is
/// in native code that it entered without a transition frame (its fast calls, such as <see cref="Thread.SpinWait"/>). But managed and
/// native code both keep frame pointers: on x64 and arm64, [fp] is the caller's frame pointer, and [fp + 8] is the return address.
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

    /// <summary>The return addresses in the chain, with the stack pointer after each return.</summary>
    /// <param name="memory">Reads the memory of the process.</param>
    /// <param name="frame">The thread's frame pointer.</param>
    /// <param name="lowest">The stack pointer, if it is known: lower values cannot be frame pointers.</param>
    /// <param name="most">The maximum number of addresses.</param>
    internal static IEnumerable<(ulong Address, ulong StackPointer)> Chain(IDataReader memory, ulong frame, ulong lowest, int most)
    {
        // A value that is not a multiple of a pointer's size cannot be a frame pointer either.
        for (int i = 0; i < most && frame >= lowest && (frame & 7) == 0; i++)
        {
            if (!memory.ReadPointer(frame, out ulong caller) || !memory.ReadPointer(frame + 8, out ulong address) || address == 0)
                yield break;

            yield return (address, frame + 16);
            // The stack grows downwards, so callers have higher addresses.
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
