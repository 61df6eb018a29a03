using Microsoft.Diagnostics.Runtime;

namespace Tandem.Diagnostics;

/// <summary>Reads a process as it was while it was stopped: registers and stacks are those of that moment.</summary>
internal sealed class StoppedReader(IDataReader inner) : DelegatingReader(inner)
{
    /// <summary>The registers of the stopped threads.</summary>
    internal Dictionary<int, ThreadRegisters> Registers { get; set; } = [];

    /// <summary>The memory that was copied at that moment.</summary>
    internal StackCopies Copies { get; set; } = new();

    public override bool GetThreadContext(uint threadID, uint contextFlags, Span<byte> context) =>
        Registers.TryGetValue((int)threadID, out ThreadRegisters? registers) && registers.WriteContext(context);

    public override int Read(ulong address, Span<byte> buffer)
    {
        int read = Copies.Read(address, buffer);
        return read == buffer.Length ? read : read + Inner.Read(address + (ulong)read, buffer[read..]);
    }
}
