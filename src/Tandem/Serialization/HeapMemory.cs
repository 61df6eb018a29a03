namespace Tandem.Serialization;

/// <summary>Memory for payloads outside of shared memory.</summary>
internal sealed unsafe class HeapMemory : IPayloadMemory
{
    internal static readonly HeapMemory Instance = new();

    public byte* Allocate(nint size, out nint actual)
    {
        actual = size;
        return (byte*)System.Runtime.InteropServices.NativeMemory.Alloc((nuint)size);
    }

    public void Free(byte* block) => System.Runtime.InteropServices.NativeMemory.Free(block);
}
