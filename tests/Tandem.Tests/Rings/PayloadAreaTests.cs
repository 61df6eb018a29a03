using CsCheck;
using Tandem.Interop;
using Tandem.Transport.SharedMemory;

namespace Tandem.Tests.Rings;

/// <summary>Blocks of shared memory for large payloads.</summary>
public sealed unsafe class PayloadAreaTests
{
    private const nint Mebibyte = 1 << 20;

    [Fact]
    public void Blocks_in_use_never_overlap_and_are_as_large_as_they_say() =>
        Gen.Select(Gen.Int[1, 4 << 20], Gen.Int[0, 3]).Array[1, 60].Sample(steps =>
        {
            using PayloadArea area = Open(out SharedRegion region);
            List<(nint Start, nint Size)> used = [];
            foreach ((int size, int kind) in steps)
            {
                if (kind == 0 && used.Count > 0)
                {
                    area.Free((byte*)used[^1].Start);
                    used.RemoveAt(used.Count - 1);
                    continue;
                }

                var block = (nint)area.Allocate(size, out nint actual);
                if (actual < size || block < (nint)region.Address || block + actual > (nint)region.Address + region.Length)
                    return false;
                if (used.Exists(other => block < other.Start + other.Size && other.Start < block + actual))
                    return false;

                *(byte*)block = *(byte*)(block + actual - 1) = 1;
                used.Add((block, actual));
            }

            bool isCounted = area.AllocatedBlocks == used.Count;
            foreach ((nint start, _) in used)
                area.Free((byte*)start);
            return isCounted && area.AllocatedBlocks == 0;
        }, iter: 100);

    [Fact]
    public void A_free_block_keeps_its_pages_and_is_the_next_one_of_its_size()
    {
        using PayloadArea area = Open(out SharedRegion region);
        byte* block = area.Allocate(5 * Mebibyte, out _);
        new Span<byte>(block, 5 << 20).Fill(7);
        area.Free(block);
        area.Trim();

        Assert.True(region.IsWritten((nint)(block - region.Address), 5 * Mebibyte));
        Assert.Equal(5 * Mebibyte, area.ResidentBytes);
        Assert.Equal((nint)block, (nint)area.Allocate(5 * Mebibyte, out _));
        Assert.Equal(0, area.ResidentBytes);
        area.Free(block);
    }

    [Fact]
    public void Free_blocks_that_nobody_uses_for_a_while_give_their_pages_back()
    {
        using PayloadArea area = Open(out SharedRegion region, patience: TimeSpan.Zero);
        byte* block = area.Allocate(5 * Mebibyte, out _);
        new Span<byte>(block, 5 << 20).Fill(7);
        area.Free(block);
        area.Trim();

        Assert.False(region.IsWritten((nint)(block - region.Address), 1));
        Assert.Equal(0, area.ResidentBytes);
    }

    [Fact]
    public void A_block_in_use_keeps_its_content_when_free_ones_give_their_pages_back()
    {
        using PayloadArea area = Open(out _, patience: TimeSpan.Zero);
        byte* free = area.Allocate(Mebibyte, out _), used = area.Allocate(Mebibyte, out _);
        new Span<byte>(used, 1 << 20).Fill(7);
        area.Free(free);
        area.Trim();

        Assert.False(new Span<byte>(used, 1 << 20).ContainsAnyExcept((byte)7));
        area.Free(used);
    }

    [Fact]
    public void Other_processes_cannot_write_what_they_may_only_read()
    {
        using var region = SharedRegion.Create("tandem-test", Mebibyte, othersReadOnly: true);

        Assert.Equal(-1, Libc.Mmap(0, Mebibyte, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, region.Descriptor, 0));
        nint readable = Libc.Mmap(0, Mebibyte, Libc.PROT_READ, Libc.MAP_SHARED, region.Descriptor, 0);
        Assert.NotEqual(-1, readable);
        Assert.NotEqual(0, Libc.Mprotect(readable, Mebibyte, Libc.PROT_READ | Libc.PROT_WRITE));
        _ = Libc.Munmap(readable, Mebibyte);
    }

    private static PayloadArea Open(out SharedRegion region, TimeSpan? patience = null)
    {
        region = SharedRegion.Create("tandem-test", PayloadArea.DefaultSize, othersReadOnly: true);
        return new PayloadArea(region, patience);
    }
}
