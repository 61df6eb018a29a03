using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Tandem.Tests.Serialization;

/// <summary>Strings, ranges of arrays and streams that refer to the same memory.</summary>
public class SharingTests
{
    [Fact]
    public void A_large_string_is_sent_once_and_stays_one()
    {
        string text = new('x', 100_000);
        object[] many = [.. Enumerable.Repeat(text, 300), new Node { Name = text, Other = text }];
        byte[] bytes = Wire.Write(many);
        Assert.InRange(bytes.Length, 200_000, 210_000);
        object[] read = Wire.Read<object[]>(bytes);
        Assert.All(read[..300], s => Assert.Same(read[0], s));
        Assert.Same(read[0], ((Node)read[300]).Name);
        Assert.Same(read[0], ((Node)read[300]).Other);
        Assert.Equal(text, read[0]);

        string[] strings = Wire.RoundTrip<string[]>([text, "short", text, new string('x', 100_000)]);
        Assert.Same(strings[0], strings[2]);
        Assert.NotSame(strings[0], strings[3]);
        Assert.Equal(text, strings[3]);
    }

    [Theory]
    [InlineData(0, 5_000, 0, 5_000)]
    [InlineData(0, 5_000, 100, 50)]
    [InlineData(100, 50, 100, 50)]
    [InlineData(100, 50, 110, 20)]
    [InlineData(10, 4_000, 4_000, 1_000)]
    public void Two_ranges_of_one_array_share_their_elements(int firstStart, int firstLength, int secondStart, int secondLength)
    {
        int[] array = [.. Enumerable.Range(0, 5_000)];
        (Memory<int> First, Memory<int> Second) read =
            Wire.RoundTrip((array.AsMemory(firstStart, firstLength), array.AsMemory(secondStart, secondLength)));
        Assert.True(read.First.Span.SequenceEqual(array.AsSpan(firstStart, firstLength)));
        Assert.True(read.Second.Span.SequenceEqual(array.AsSpan(secondStart, secondLength)));
        read.Second.Span[0] = -1;
        if (firstStart + firstLength > secondStart)
            Assert.Equal(-1, read.First.Span[secondStart - firstStart]);
    }

    [Fact]
    public void Ranges_of_a_small_array_and_the_array_share_their_elements_in_any_order()
    {
        byte[] array = [1, 2, 3, 4];
        (ReadOnlyMemory<byte> Memory, ArraySegment<byte> Segment, byte[] Array) read =
            Wire.RoundTrip((new ReadOnlyMemory<byte>(array, 1, 2), new ArraySegment<byte>(array, 2, 2), array));
        read.Array[2] = 9;
        Assert.Equal(9, read.Memory.Span[1]);
        Assert.Equal(9, read.Segment[0]);
        Assert.Same(read.Array, read.Segment.Array);
        Assert.Equal(2, read.Segment.Offset);
    }

    [Fact]
    public void A_part_of_a_large_array_does_not_take_the_array_along()
    {
        byte[] array = new byte[10_000_000];
        Assert.InRange(Wire.Write(array.AsMemory(5_000_000, 100)).Length, 100, 200);
        (Memory<byte> First, Memory<byte> Second) apart = Wire.RoundTrip((array.AsMemory(0, 10), array.AsMemory(10, 10)));
        Assert.Equal(10, apart.Second.Length);
    }

    [Fact]
    public void Parts_whose_sharing_would_be_lost_are_refused()
    {
        int[] array = new int[5_000];
        Assert.Contains("send the array first", Wire.Refused((array.AsMemory(10, 20), array.AsMemory(20, 20))).Message, StringComparison.Ordinal);
        WorkSerializationException e = Wire.Refused((array.AsMemory(10, 20), array));
        Assert.Contains("send the array first", e.Message, StringComparison.Ordinal);
        Assert.Equal(".Item2", e.Path);
        (int[] Array, Memory<int> Part) read = Wire.RoundTrip((array, array.AsMemory(10, 20)));
        read.Array[10] = 4;
        Assert.Equal(4, read.Part.Span[0]);
    }

    [Fact]
    public void A_part_does_not_need_what_lies_around_it_to_travel()
    {
        using var stream = new Infrastructure.LocalMemoryStream();
        object[] array = [stream, "a", "b"];
        Assert.Equal(["a", "b"], Wire.RoundTrip(new ArraySegment<object>(array, 1, 2)));
        string[] words = ["a", "b", "c"];
        (Memory<string> Part, string[] Array) both = Wire.RoundTrip((words.AsMemory(1, 2), words));
        both.Array[1] = "x";
        Assert.Equal("x", both.Part.Span[0]);
        Assert.Equal("[0]", Wire.Refused(new ArraySegment<object>(array, 0, 2)).Path);
    }

    [Fact]
    public void Memory_of_other_owners_arrives_as_its_contents()
    {
        ReadOnlyMemory<char> text = "some text".AsMemory(5);
        ReadOnlyMemory<char> read = Wire.RoundTrip(text);
        Assert.Equal("text", read.ToString());
        Assert.True(MemoryMarshal.TryGetString(read, out _, out _, out _));
        Assert.True(Wire.RoundTrip(default(Memory<string>)).IsEmpty);
        Assert.Null(Wire.RoundTrip(default(ArraySegment<int>)).Array);
        Assert.NotNull(Wire.RoundTrip(new ArraySegment<int>([])).Array);
        using var owner = new Numbers();
        (Memory<int> First, Memory<int> Second) both = Wire.RoundTrip((owner.Memory, owner.Memory[1..]));
        both.Second.Span[0] = 8;
        Assert.Equal(8, both.First.Span[1]);
    }

    [Fact]
    public void Arrays_without_elements_keep_their_identity()
    {
        Assert.Same(Array.Empty<int>(), Wire.RoundTrip(Array.Empty<int>()));
        int[] other = GC.AllocateArray<int>(0);
        (int[] First, int[] Second, int[] Third) read = Wire.RoundTrip((other, other, GC.AllocateArray<int>(0)));
        Assert.Same(read.First, read.Second);
        Assert.NotSame(read.First, read.Third);
        Assert.True(Wire.RoundTrip(ImmutableArray<int>.Empty) == ImmutableArray<int>.Empty);
        Assert.True(Wire.RoundTrip(default(ImmutableArray<int>)).IsDefault);
        Assert.Same(ImmutableList<int>.Empty, Wire.RoundTrip(ImmutableList<int>.Empty));
    }

    [Fact]
    public void A_memory_stream_keeps_contents_position_and_flags()
    {
        var stream = new MemoryStream(64);
        stream.Write([1, 2, 3]);
        stream.Position = 1;
        MemoryStream read = Wire.RoundTrip(stream);
        Assert.Equal((3, 1, 64), (read.Length, read.Position, read.Capacity));
        Assert.Equal([1, 2, 3], read.ToArray());
        read.Position = 3;
        read.Write(new byte[500]);
        Assert.Equal(503, read.Length);

        Assert.False(Wire.RoundTrip(new MemoryStream([1], writable: false)).CanWrite);
        Assert.False(Wire.RoundTrip(new MemoryStream([1])).TryGetBuffer(out _));
        Assert.Equal([2, 3], Wire.RoundTrip(new MemoryStream([1, 2, 3, 4], 1, 2)).ToArray());
        Assert.Throws<NotSupportedException>(() => Wire.RoundTrip(new MemoryStream(new byte[4])).SetLength(5));
    }

    [Fact]
    public async Task A_memory_stream_that_was_used_asynchronously_travels_too()
    {
        var stream = new MemoryStream();
        await stream.WriteAsync(new byte[] { 1, 2, 3 });
        stream.Position = 0;
        _ = await stream.ReadAsync(new byte[2]);
        Assert.Equal(2, Wire.RoundTrip(stream).Position);
        await stream.DisposeAsync();
        Assert.Contains("was closed", Wire.Refused(stream).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_memory_stream_shares_the_array_that_it_wraps()
    {
        byte[] array = new byte[10];
        (MemoryStream Stream, byte[] Array) read = Wire.RoundTrip((new MemoryStream(array), array));
        read.Stream.WriteByte(5);
        Assert.Equal(5, read.Array[0]);
    }

    private sealed class Numbers : MemoryManager<int>
    {
        private readonly unsafe int* _memory = (int*)NativeMemory.AllocZeroed(4 * sizeof(int));

        public override unsafe Span<int> GetSpan() => new(_memory, 4);

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override unsafe void Dispose(bool disposing) => NativeMemory.Free(_memory);
    }
}
