using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tandem.Transport;
using Tandem.Transport.SharedMemory;

namespace Tandem.Tests.Rings;

/// <summary>The layout of everything that two processes look at: where it changes, <see cref="FrameHeader.CurrentVersion"/> must change too.</summary>
public class LayoutTests
{
    /// <summary>Size, and each field with its offset.</summary>
    private static readonly Dictionary<Type, (int Size, string Fields)> Golden = new()
    {
        [typeof(RingControl)] = (384, "Tail 0, Head 128, Waiting 256, Signal 260"),
        [typeof(ItemCell)] = (32, "Word 0, ResultOffset 8, ResultLength 16, StartedAt 24"),
        [typeof(LinkHeader)] = (128, "Magic 0, Version 4, SpinMicroseconds 8, RequestAreaSize 16, ResultAreaSize 24, ExitSignal 64"),
        [typeof(FrameHeader)] = (16, "BodyLength 0, Kind 4, Version 5, Slot 6, Sequence 8, Extra 12"),
        [typeof(InvokeMessage)] = (40, "RemoteMethod 0, First 4, Count 8, InArea 12, Offset 16, Length 24, MemoryLimit 32"),
        [typeof(ResultMessage)] = (40, "Outcome 0, Finished 4, InArea 8, Elapsed 16, Offset 24, Length 32"),
    };

    public static TheoryData<Type> Shared => [.. Golden.Keys];

    [Theory]
    [MemberData(nameof(Shared), DisableDiscoveryEnumeration = true)]
    public void A_shared_struct_has_the_layout_that_both_sides_know(Type type)
    {
        (int size, string fields) = Golden[type];

        Assert.Equal(size, SizeOf(type));
        Assert.Equal(fields, string.Join(", ", Fields(type).Select(field => $"{field.Name} {OffsetOf(field)}")));
        Assert.True(type.IsExplicitLayout);
    }

    [Theory]
    [MemberData(nameof(Shared), DisableDiscoveryEnumeration = true)]
    public void Fields_of_a_shared_struct_are_aligned_inside_and_apart(Type type)
    {
        int end = 0;
        foreach (FieldInfo field in Fields(type))
        {
            int offset = OffsetOf(field), size = SizeOf(field.FieldType);
            Assert.True(offset >= end, $"{field.Name} overlaps the field before it.");
            Assert.Equal(0, offset % size);
            end = offset + size;
        }

        Assert.True(end <= SizeOf(type));
    }

    [Fact]
    public void Words_that_different_processes_write_are_two_cache_lines_apart()
    {
        const int Apart = 128;
        Assert.True(Offset<RingControl>(nameof(RingControl.Head)) - Offset<RingControl>(nameof(RingControl.Tail)) >= Apart);
        Assert.True(Offset<RingControl>(nameof(RingControl.Waiting)) - Offset<RingControl>(nameof(RingControl.Head)) >= Apart);
        Assert.True(RingControl.Size - Offset<RingControl>(nameof(RingControl.Signal)) >= sizeof(int));
    }

    [Fact]
    public void The_parts_of_a_link_follow_one_another()
    {
        Assert.Equal(4, FrameHeader.CurrentVersion);
        Assert.Equal((256, 256 * 1024), (FrameHeader.Slots, LinkLayout.RingCapacity));
        Assert.Equal(128, LinkLayout.CellsOffset);
        Assert.True(LinkLayout.ReleasesOffset >= LinkLayout.CellsOffset + FrameHeader.Slots * ItemCell.Size);
        Assert.True(LinkLayout.RequestRingOffset >= LinkLayout.ReleasesOffset + LinkLayout.ReleasesSize);
        Assert.True(LinkLayout.ResponseRingOffset >= LinkLayout.RequestRingOffset + RingControl.Size + LinkLayout.RingCapacity);
        Assert.True(LinkLayout.Size >= LinkLayout.ResponseRingOffset + RingControl.Size + LinkLayout.RingCapacity);
        Assert.All([LinkLayout.CellsOffset, LinkLayout.ReleasesOffset, LinkLayout.RequestRingOffset, LinkLayout.ResponseRingOffset], offset => Assert.Equal(0, offset % 128));
        Assert.True(int.PopCount(LinkLayout.RingCapacity) == 1);
    }

    [Fact]
    public void Kinds_and_outcomes_keep_their_numbers()
    {
        Assert.Equal(
            "Padding 0, Hello 1, Define 2, Initialize 3, Invoke 4, Result 5, Progress 6, Started 7, Element 8, Cancel 9, Stop 10, Trace 11, Culture 12, "
            + "HandOver 13, Taken 14",
            string.Join(", ", Enum.GetValues<FrameKind>().Select(kind => $"{kind} {(byte)kind}")));
        Assert.Equal(
            "Completed 0, Failed 1, Canceled 2, Revoked 3, Chunk 4", string.Join(", ", Enum.GetValues<Outcome>().Select(outcome => $"{outcome} {(int)outcome}")));
    }

    [Theory]
    [InlineData(0u, 0)]
    [InlineData(uint.MaxValue, ItemCell.Queued)]
    [InlineData(7u, ItemCell.Revoked)]
    [InlineData(0x8000_0000u, int.MaxValue)]
    public void A_cells_word_holds_sequence_and_progress(uint sequence, int progress)
    {
        long word = ItemCell.Pack(sequence, progress);

        Assert.Equal((sequence, progress), (ItemCell.SequenceOf(word), ItemCell.ProgressOf(word)));
    }

    private static FieldInfo[] Fields(Type type) =>
        [.. type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).OrderBy(OffsetOf)];

    private static int OffsetOf(FieldInfo field) => field.GetCustomAttribute<FieldOffsetAttribute>()!.Value;

    private static int Offset<T>(string field) => OffsetOf(typeof(T).GetField(field, BindingFlags.Instance | BindingFlags.NonPublic)!);

    private static int SizeOf(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
}
