namespace Tandem.Tests.Serialization;

public class ArrayTests
{
    [Fact]
    public void A_large_array_arrives_whole()
    {
        byte[] bytes = new byte[1 << 20];
        new Random(1).NextBytes(bytes);
        Assert.True(bytes.SequenceEqual(Wire.RoundTrip(bytes)));
        Assert.True(bytes.SequenceEqual(Wire.RoundTrip<Memory<byte>>(bytes).ToArray()));
        Assert.True(bytes.SequenceEqual(Wire.RoundTrip(new List<byte>(bytes))));
    }

    [Fact]
    public void A_jagged_array_keeps_its_shape()
    {
        int[]?[] jagged = [[1, 2], null, [], [3]];
        Assert.Equal(jagged, Wire.RoundTrip(jagged));
    }

    [Fact]
    public void A_multi_dimensional_array_keeps_its_lengths_and_elements()
    {
        int[,,] numbers = { { { 1, 2, 3 }, { 4, 5, 6 } } };
        Assert.Equal(numbers, Wire.RoundTrip(numbers));
        string?[,] words = { { "a", null }, { "b", "c" } };
        Assert.Equal(words, Wire.RoundTrip(words));
        Assert.Equal(3, Wire.RoundTrip(new string[0, 3]).GetLength(1));
    }

    [Fact]
    public void An_array_of_a_more_derived_type_keeps_its_type()
    {
        object[] words = new string[] { "a", "b" };
        Assert.IsType<string[]>(Wire.RoundTrip(words));
        Array numbers = new int[] { 1, 2 };
        Assert.Equal(new[] { 1, 2 }, Assert.IsType<int[]>(Wire.RoundTrip(numbers)));
    }

    [Fact]
    public void An_array_of_objects_keeps_each_type()
    {
        object?[] mixed = [1, "two", null, 3.0, Colour.Green, new Point(1, 2), new[] { 1 }, new Circle(1)];
        object?[] read = Wire.RoundTrip(mixed);
        Assert.Equal(mixed[..6], read[..6]);
        Assert.Equal(((Circle)mixed[7]!).Area, Assert.IsType<Circle>(read[7]).Area);
    }

    [Fact]
    public void Memory_and_segments_arrive_as_their_contents()
    {
        string[] words = ["a", "b", "c", "d"];
        Assert.Equal(["b", "c"], Wire.RoundTrip(new ArraySegment<string>(words, 1, 2)));
        Assert.Equal(["b", "c"], Wire.RoundTrip(words.AsMemory(1, 2)).ToArray());
        Assert.Equal("bc", Wire.RoundTrip("abcd".AsMemory(1, 2)).ToString());
        Assert.Null(Wire.RoundTrip(default(ArraySegment<int>)).Array);
        Assert.True(Wire.RoundTrip(default(Memory<int>)).IsEmpty);
    }

    [Fact]
    public void A_struct_that_contains_itself_through_an_array_arrives()
    {
        var tree = new Tree { Value = 1, Children = [new Tree { Value = 2 }, new Tree { Value = 3, Children = [] }] };
        Tree read = Wire.RoundTrip(tree);
        Assert.Equal([2, 3], read.Children!.Select(c => c.Value));
    }

    [Fact]
    public void An_array_that_does_not_begin_at_0_is_refused() =>
        Assert.Contains("begin at 0", Wire.Refused(Array.CreateInstance(typeof(int), [2], [1])).Message, StringComparison.Ordinal);

    [Fact]
    public void The_first_element_of_a_thousand_names_the_type_for_all()
    {
        IShape[] shapes = [.. Enumerable.Range(0, 1000).Select(i => new Circle(i))];
        byte[] bytes = Wire.Write(shapes);
        Assert.InRange(bytes.Length, 1000, 1000 * 16);
        Assert.Equal(shapes[999].Area, Wire.Read<IShape[]>(bytes)[999].Area);
    }
}
