namespace Tandem.Interop;

/// <summary>The cpu_set_t of glibc.</summary>
internal unsafe struct ProcessorSet
{
    /// <summary>The maximum number of processors.</summary>
    internal const int Length = 1024;

    private fixed byte _bits[Length / 8];

    internal void Add(int processor) => _bits[processor / 8] |= (byte)(1 << (processor % 8));

    internal readonly bool Contains(int processor) => (_bits[processor / 8] >> (processor % 8) & 1) != 0;
}
