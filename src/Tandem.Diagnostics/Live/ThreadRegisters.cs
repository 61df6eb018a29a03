using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Tandem.Diagnostics;

/// <summary>The registers of a stopped thread, with which a stack walk begins.</summary>
internal sealed class ThreadRegisters
{
    /// <summary>The maximum size of the registers of all architectures, as ptrace returns them.</summary>
    internal const int Size = 512;

    private readonly ulong[] _values;

    /// <param name="bytes">user_regs_struct of x64, or user_pt_regs of arm64.</param>
    internal ThreadRegisters(ReadOnlySpan<byte> bytes) => _values = MemoryMarshal.Cast<byte, ulong>(bytes).ToArray();

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    internal ulong ProgramCounter => _values[IsArm ? 32 : 16];

    internal ulong StackPointer => _values[IsArm ? 31 : 19];

    internal ulong FramePointer => _values[IsArm ? 29 : 4];

    /// <summary>Writes the CONTEXT structure of winnt.h, which the debugging library uses on every system.</summary>
    internal bool WriteContext(Span<byte> context)
    {
        context.Clear();
        return IsArm ? WriteArm(context) : WriteX64(context);
    }

    private bool WriteArm(Span<byte> context)
    {
        const int Registers = 33; // x0 to x30, sp, pc
        if (context.Length < 0x110)
            return false;

        BinaryPrimitives.WriteUInt32LittleEndian(context, 0x400003);
        for (int i = 0; i < Registers; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(context[(8 + (8 * i))..], _values[i]);

        return true;
    }

    private bool WriteX64(Span<byte> context)
    {
        if (context.Length < 0x100)
            return false;

        BinaryPrimitives.WriteUInt32LittleEndian(context[0x30..], 0x100003);
        BinaryPrimitives.WriteUInt16LittleEndian(context[0x38..], (ushort)_values[17]);
        BinaryPrimitives.WriteUInt16LittleEndian(context[0x42..], (ushort)_values[20]);
        BinaryPrimitives.WriteUInt32LittleEndian(context[0x44..], (uint)_values[18]);
        // rax rcx rdx rbx rsp rbp rsi rdi r8 to r15 rip, by their index in ptrace's structure
        ReadOnlySpan<byte> order = [10, 11, 12, 5, 19, 4, 13, 14, 9, 8, 7, 6, 3, 2, 1, 0, 16];
        for (int i = 0; i < order.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(context[(0x78 + (8 * i))..], _values[order[i]]);

        return true;
    }
}
