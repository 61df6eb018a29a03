using System.Buffers.Binary;

namespace Tandem.Invocation;

/// <summary>Reads the instructions of a method, one after the other.</summary>
/// <param name="code">The IL of the method's body.</param>
internal ref struct IlReader(ReadOnlySpan<byte> code)
{
    private readonly ReadOnlySpan<byte> _code = code;
    private int _at; // the next byte

    /// <summary>The kind of operand of the current instruction.</summary>
    internal IlOperand Operand { get; private set; }

    /// <summary>The token of the current instruction, if it has one.</summary>
    internal int Token { get; private set; }

    /// <summary>Whether all opcodes so far are known.</summary>
    internal bool IsValid { get; private set; } = true;

    /// <summary>Moves to the next instruction. False at the end, and at an unknown opcode.</summary>
    internal bool Next()
    {
        if (_at == _code.Length)
            return false;

        int opcode = _code[_at++];
        if (opcode == 0xFE)
            opcode = _at < _code.Length ? 0xFE00 | _code[_at++] : -1;

        Operand = OperandOf(opcode);
        long size = Operand switch
        {
            IlOperand.None => 0,
            IlOperand.One => 1,
            IlOperand.Two => 2,
            IlOperand.Eight => 8,
            _ => 4,
        };
        if (Operand == IlOperand.Unknown || size > _code.Length - _at)
            return IsValid = false;

        if (size == 4)
            Token = BinaryPrimitives.ReadInt32LittleEndian(_code[_at..]);

        if (Operand == IlOperand.Switch)
            size += 4L * (uint)Token;

        if (size > _code.Length - _at)
            return IsValid = false;

        _at += (int)size;
        return true;
    }

    private static IlOperand OperandOf(int opcode) => opcode switch
    {
        0x0E or 0x0F or 0x10 or 0x11 or 0x12 or 0x13 or 0x1F => IlOperand.One, // arguments, locals, constants
        >= 0x2B and <= 0x37 or 0xDE => IlOperand.One, // short branches
        0x20 or 0x22 or 0x29 or 0x72 => IlOperand.Four, // constants, calli, ldstr
        >= 0x38 and <= 0x44 or 0xDD => IlOperand.Four, // branches
        0x21 or 0x23 => IlOperand.Eight,
        0x45 => IlOperand.Switch,
        0x27 or 0x28 or 0x6F or 0x73 => IlOperand.Method, // jmp, call, callvirt, newobj
        >= 0x7B and <= 0x80 => IlOperand.Field,
        0x70 or 0x71 or 0x74 or 0x75 or 0x79 or 0x81 => IlOperand.Type, // cpobj, ldobj, castclass, isinst, unbox, stobj
        0x8C or 0x8D or 0x8F or 0xA3 or 0xA4 or 0xA5 or 0xC2 or 0xC6 => IlOperand.Type, // box, arrays, unbox.any, typed references
        0xD0 => IlOperand.Member, // ldtoken
        <= -1 or 0x24 or 0x77 or 0x78 => IlOperand.Unknown,
        <= 0xA2 => IlOperand.None,
        >= 0xB3 and <= 0xBA or 0xC3 or >= 0xD1 and <= 0xDC or 0xDF or 0xE0 => IlOperand.None,
        0xFE06 or 0xFE07 => IlOperand.Method, // ldftn, ldvirtftn
        >= 0xFE00 and <= 0xFE05 => IlOperand.None,
        >= 0xFE09 and <= 0xFE0E => IlOperand.Two,
        0xFE12 or 0xFE19 => IlOperand.One, // unaligned., no.
        0xFE15 or 0xFE16 or 0xFE1C => IlOperand.Type, // initobj, constrained., sizeof
        0xFE0F or 0xFE11 or 0xFE13 or 0xFE14 or 0xFE17 or 0xFE18 or 0xFE1A or 0xFE1D or 0xFE1E => IlOperand.None,
        _ => IlOperand.Unknown,
    };
}
