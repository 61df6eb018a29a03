using Tandem.Interop;
using Tandem.Serialization;

namespace Tandem.Tests.Serialization;

/// <summary>Large arrays that are filled at once.</summary>
public sealed unsafe class LargeArraysTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(84_900)]
    [InlineData(300_000)]
    [InlineData(5_000_000)]
    [InlineData(40_000_000)]
    public void An_array_has_its_length_and_can_be_filled(int length)
    {
        for (int i = 0; i < 5; i++)
        {
            byte[] array = LargeArrays.Allocate<byte>(length);
            array.AsSpan().Fill((byte)i);

            Assert.Equal(length, array.Length);
            Assert.False(array.AsSpan().ContainsAnyExcept((byte)i));
        }
    }

    [Fact]
    public void Arrays_that_are_kept_never_share_memory()
    {
        int[][] arrays = [.. Enumerable.Range(0, 40).Select(static i => Filled(i, 100_000 + i * 10_000))];
        GC.Collect();

        Assert.All(arrays.Index(), static array => Assert.False(array.Item.AsSpan().ContainsAnyExcept(array.Index)));

        static int[] Filled(int value, int length)
        {
            int[] array = LargeArrays.Allocate<int>(length);
            array.AsSpan().Fill(value);
            return array;
        }
    }

    [Fact]
    public void Pages_that_were_made_present_are_present()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells.");
        const int Size = 8 << 20;
        nint memory = Libc.Mmap(0, Size, Libc.PROT_READ | Libc.PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        try
        {
            Assert.True(PageFaults.AreLikely((byte*)memory, Size));

            PageFaults.PopulateForWriting((byte*)memory, Size);

            Assert.SkipWhen(PageFaults.AreLikely((byte*)memory, Size), "The kernel is older than 5.14, or memory is short.");
        }
        finally
        {
            _ = Libc.Munmap(memory, Size);
        }
    }

    private const int MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20;
}
