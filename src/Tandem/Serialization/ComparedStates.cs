using System.Runtime.InteropServices;

namespace Tandem.Serialization;

/// <summary>
/// Memory for states that are serialized only to be compared; limited, because comparing large states is not worthwhile.
/// </summary>
internal sealed unsafe class ComparedStates : IPayloadMemory
{
    /// <summary>The limit in bytes.</summary>
    internal const int MaximumSize = 1 << 20;

    internal static readonly ComparedStates Instance = new();

    public byte* Allocate(nint size, out nint actual)
    {
        if (size > MaximumSize)
            throw new WorkSerializationException($"a state of more than {MaximumSize} bytes is not compared");

        actual = size;
        return (byte*)NativeMemory.Alloc((nuint)size);
    }

    public void Free(byte* block) => NativeMemory.Free(block);
}
