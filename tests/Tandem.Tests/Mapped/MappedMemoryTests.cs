using System.Runtime.Versioning;
using Tandem.Serialization;
using Tandem.Tests.Infrastructure;
using Tandem.Transport.Mapped;
using Tandem.Transport.SharedMemory;

namespace Tandem.Tests.Mapped;

/// <summary>Memory that has a name: who may open it, what it costs, and what happens where there is none left.</summary>
[UnsupportedOSPlatform("windows")]
public sealed unsafe class MappedMemoryTests
{
    [Fact]
    public void A_payload_for_which_there_is_no_memory_is_refused_and_its_block_is_used_again()
    {
        using var region = new FullRegion();
        var area = new PayloadArea(region) as IPayloadMemory;

        WorkSerializationException error = Assert.Throws<WorkSerializationException>(() => area.Allocate(20_000, out _) == null);
        Assert.Contains("the disk is full", error.Message, StringComparison.Ordinal);

        region.IsFull = false;
        byte* block = area.Allocate(20_000, out nint actual);
        Assert.True(block == region.Address);
        Assert.Equal(20_000, actual);
        area.Free(block);
    }

    [Fact]
    public void Memory_of_free_blocks_is_returned_before_a_payload_is_refused()
    {
        using var region = new FullRegion { IsFull = false };
        var area = new PayloadArea(region) as IPayloadMemory;
        area.Free(area.Allocate(100_000, out _)); // keeps its pages
        region.IsFull = true;

        Assert.True(area.Allocate(20_000, out _) != null);
    }

    [Fact]
    public void A_block_may_be_written_as_far_as_there_is_memory_for_it()
    {
        using var scratch = new Scratch();
        using SharedRegion region = MappedMemory.CreateArea(Name(scratch), isWritable: true);
        var area = new PayloadArea(region);

        byte* block = area.Allocate(20_000, out nint actual);
        Assert.Equal(32 * 1024, actual);
        byte* large = area.Allocate(70_000, out nint most);

        Assert.Equal(80 * 1024, most); // of a block of 128 KiB
        new Span<byte>(block, (int)actual).Fill(1);
        new Span<byte>(large, (int)most).Fill(2);
        Assert.True(region.IsWritten(0, actual));
        Assert.False(region.IsWritten(0, 32 << 20));
        area.Free(large);
        area.Free(block);
        area.Dispose();
    }

    [Fact]
    public void Pages_that_were_returned_are_provided_again_before_they_are_written()
    {
        using var scratch = new Scratch();
        using SharedRegion region = MappedMemory.CreateArea(Name(scratch), isWritable: true);
        for (int round = 0; round < 3; round++)
        {
            region.Commit(64 * 1024, 64 * 1024, 64 * 1024);
            new Span<byte>(region.Address + 64 * 1024, 64 * 1024).Fill(7);
            Assert.True(region.IsWritten(64 * 1024, 64 * 1024));
            region.Discard(64 * 1024, 64 * 1024);
            Assert.Equal(!OperatingSystem.IsLinux(), region.IsWritten(64 * 1024, 64 * 1024));
        }
    }

    [Fact]
    public void A_name_is_created_once()
    {
        using var scratch = new Scratch();
        string name = Name(scratch);
        using SharedRegion region = MappedMemory.CreateWhole(name, 64 * 1024);

        Assert.Throws<IOException>(() => MappedMemory.CreateWhole(name, 64 * 1024));
        using SharedRegion other = MappedMemory.Open(name, 64 * 1024, isWritable: true);
        other.Address[5] = 6;
        Assert.Equal(6, region.Address[5]);
    }

    [Fact]
    public void Memory_that_is_smaller_than_it_should_be_is_refused()
    {
        using var scratch = new Scratch();
        string name = Name(scratch);
        using SharedRegion region = MappedMemory.CreateWhole(name, 64 * 1024);

        Assert.Throws<IOException>(() => MappedMemory.Open(name, 128 * 1024, isWritable: false));
        Assert.ThrowsAny<IOException>(() => MappedMemory.Open(name + "x", 64 * 1024, isWritable: false));
    }

    [Fact]
    public void Only_this_user_may_open_the_memory()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no files here.");
        using MappedFolder folder = MappedFolder.Create();
        string name = Path.Combine(folder.Path, "memory");
        using SharedRegion region = MappedMemory.CreateWhole(name, 64 * 1024);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(name));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.Path));
    }

    [Fact]
    public void Which_parts_are_committed_is_known_for_each()
    {
        const int Part = CommittedRange.Granule;
        var range = new CommittedRange();
        Assert.False(range.Contains(0, Part));

        range.Add(63 * Part, 3 * Part);
        Assert.True(range.Contains(63 * Part, 3 * Part));
        Assert.True(range.Contains(64 * Part, Part));
        Assert.False(range.Contains(62 * Part, 2 * Part));
        Assert.False(range.Contains(65 * Part, 2 * Part));
        Assert.False(range.Contains(1000 * Part, Part));

        range.Remove(64 * Part, 1000 * Part);
        Assert.True(range.Contains(63 * Part, Part));
        Assert.False(range.Contains(64 * Part, Part));
    }

    private static string Name(Scratch scratch) => OperatingSystem.IsWindows() ? $"tandem-test-{Guid.NewGuid():N}" : scratch.File("memory");

    /// <summary>A region in a file system that is full.</summary>
    private sealed class FullRegion() : SharedRegion((byte*)4096, 1 << 20)
    {
        internal bool IsFull { get; set; } = true;

        internal override void Discard(nint offset, nint length) => IsFull = false;

        internal override nint Commit(nint offset, nint needed, nint available) =>
            IsFull ? throw new IOException("the disk is full") : needed;

        private protected override void Unmap()
        {
        }
    }
}
