using System.Numerics;

namespace Tandem.Interop;

/// <summary>
/// The size of the address space of a process: 47 bits on x64 and 48 bits on most arm64 systems, but 39 or 42 bits on arm64 systems whose
/// kernel uses fewer levels of page tables.
/// </summary>
internal static class AddressSpace
{
    /// <summary>How many bytes of address space one purpose may take that exists a few hundred times.</summary>
    internal static nint Share { get; } = ShareOf(Probe());

    /// <summary>Returns the share of an address space.</summary>
    /// <param name="bits">The number of bits of the addresses.</param>
    internal static nint ShareOf(int bits)
    {
        const int LargestShare = 36; // 64 GiB, more than most machines have memory
        const int SmallestShare = 30;
        const int Shares = 9; // at least 512 shares
        return (nint)(1L << Math.Clamp(bits - Shares, SmallestShare, LargestShare));
    }

    /// <summary>
    /// Finds the number of bits: the kernel uses a suggested address if the address space has it and it is free, and otherwise the highest
    /// free address.
    /// </summary>
    private static int Probe()
    {
        const int Most = 47, Least = 39;
        if (!OperatingSystem.IsLinux())
            return Most;

        nint length = Environment.SystemPageSize;
        nint address = Libc.Mmap(
            unchecked((nint)(1L << (Most - 1))), length, 0, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE, -1, 0);
        if (address == -1)
            return Least;

        _ = Libc.Munmap(address, length);
        return Math.Max(Least, BitOperations.Log2((ulong)address) + 1);
    }
}
