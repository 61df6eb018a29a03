using System.Collections.Immutable;

namespace Tandem.Tests.Serialization;

/// <summary>Graphs that are deeper than a stack.</summary>
public class DepthTests
{
    private const int SmallStack = 256 * 1024;

    [Fact]
    public void A_linked_list_of_a_million_nodes_arrives()
    {
        Chain read = OnSmallStack(() => Wire.RoundTrip(Chain.Of(1_000_000)));
        int count = 0;
        for (Chain? node = read; node is not null; node = node.Next)
            Assert.Equal(count++, node.Value);

        Assert.Equal(1_000_000, count);
    }

    [Fact]
    public void A_chain_through_collections_and_a_way_back_arrives()
    {
        var root = new Holder();
        Holder last = root;
        for (int i = 0; i < 30_000; i++)
        {
            var next = new Holder { ByName = new() { ["root"] = root } };
            last.Items = [next, next];
            last = next;
        }

        last.Source = last;
        Holder read = OnSmallStack(() => Wire.RoundTrip(root));
        int count = 0;
        Holder node = read;
        for (; node.Items is not null; node = node.Items[0])
        {
            Assert.Same(node.Items[0], node.Items[1]);
            Assert.Same(read, node.Items[0].ByName!["root"]);
            count++;
        }

        Assert.Equal(30_000, count);
        Assert.Same(node, node.Source);
    }

    [Fact]
    public void A_deep_tree_arrives()
    {
        // As deep as it has nodes on the left, and bushy on the right.
        var root = new Branch { Value = 0 };
        Branch at = root;
        for (int i = 1; i < 50_000; i++)
        {
            at.Right = new Branch { Value = -i, Left = new Branch { Value = i } };
            at = at.Left = new Branch { Value = i };
        }

        Branch read = OnSmallStack(() => Wire.RoundTrip(root));
        int expected = 0;
        for (Branch? node = read; node is not null; node = node.Left)
        {
            Assert.Equal(expected++, node.Value);
            Assert.Equal(node.Left is null ? null : expected, node.Right?.Left?.Value);
        }

        Assert.Equal(50_000, expected);
    }

    [Fact]
    public void What_cannot_travel_far_down_is_refused_with_a_short_path()
    {
        using var stream = new Infrastructure.LocalMemoryStream();
        var first = new Node { Other = stream };
        for (int i = 0; i < 500_000; i++)
            first = new Node { Next = first };

        WorkSerializationException e = OnSmallStack(() => Wire.Refused((1, first)));
        Assert.Contains("pass the bytes", e.Message, StringComparison.Ordinal);
        Assert.StartsWith(".Item2…", e.Path, StringComparison.Ordinal);
        Assert.EndsWith(".Other", e.Path, StringComparison.Ordinal);
        Assert.InRange(e.Path.Length, 10, 1000);
    }

    [Fact]
    public void Collections_too_deep_for_the_stack_are_refused_with_a_short_path()
    {
        object[] nested = [];
        for (int i = 0; i < 500_000; i++)
            nested = [nested];

        WorkSerializationException e = OnSmallStack(() => Wire.Refused(nested));
        Assert.Contains("nested too deeply", e.Message, StringComparison.Ordinal);
        Assert.InRange(e.Path.Length, 3, 1000);
    }

    [Fact]
    public void A_payload_too_deep_for_the_readers_stack_cannot_be_rebuilt()
    {
        object[] nested = [];
        for (int i = 0; i < 5_000; i++)
            nested = [nested];

        byte[] bytes = On(16 * 1024 * 1024, () => Wire.Write(nested));
        Exception? thrown = OnSmallStack(() => Record.Exception(() => Wire.Read<object[]>(bytes)));
        Assert.IsType<Tandem.Serialization.RebuildException>(thrown);
    }

    [Fact]
    public void A_deep_chain_inside_what_is_made_of_its_parts_is_complete_when_that_is_made()
    {
        // The hash of a link depends on all that follow.
        Link chain = Link.Of(2_000);
        ImmutableHashSet<Link> read = OnSmallStack(() => Wire.RoundTrip(ImmutableHashSet.Create(chain)));
        Assert.Contains(chain, (IReadOnlySet<Link>)read);
        (HashSet<Link> Set, Link Link) both = OnSmallStack(() => Wire.RoundTrip((new HashSet<Link> { chain }, chain)));
        Assert.Contains(chain, (IReadOnlySet<Link>)both.Set);
        Assert.Same(both.Link, Assert.Single(both.Set));
    }

    [Fact]
    public void A_deep_value_that_fails_leaves_nothing_behind_in_an_exception()
    {
        using var stream = new Infrastructure.LocalMemoryStream();
        var bad = new Node { Other = stream };
        Node good = new();
        for (int i = 0; i < 1_000; i++)
        {
            bad = new Node { Next = bad };
            good = new Node { Next = good };
        }

        Exception read = Wire.Through(new InvalidOperationException("m") { Data = { ["good"] = "g" } });
        Assert.Equal("g", read.Data["good"]);
        var both = (StandardException)Wire.Through(new StandardException("m") { Data = { ["deep"] = bad }, Tags = [1, "t"] });
        Assert.Empty(both.Data);
        var deep = (InvalidOperationException)Wire.RoundTrip<object>(new InvalidOperationException("m") { Data = { ["deep"] = good } });
        int count = 0;
        for (Node? node = (Node)deep.Data["deep"]!; node is not null; node = node.Next)
            count++;

        Assert.Equal(1_001, count);
    }

    private static T OnSmallStack<T>(Func<T> work) => On(SmallStack, work);

    private static T On<T>(int stack, Func<T> work)
    {
        T? result = default;
        Exception? thrown = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    result = work();
                }
                catch (Exception e)
                {
                    thrown = e;
                }
            },
            stack);
        thread.Start();
        thread.Join();
        return thrown is null ? result! : throw new InvalidOperationException("on the other thread", thrown);
    }

    private sealed class Branch
    {
        public int Value { get; set; }

        public Branch? Left { get; set; }

        public Branch? Right { get; set; }
    }

    private sealed class Link
    {
        private Link? _next;
        private int _value;

        internal static Link Of(int count)
        {
            var first = new Link();
            for (int i = 1; i < count; i++)
                first = new Link { _value = i, _next = first };

            return first;
        }

        public override bool Equals(object? obj)
        {
            Link? a = this;
            Link? b = obj as Link;
            for (; a is not null && b is not null; a = a._next, b = b._next)
            {
                if (a._value != b._value)
                    return false;
            }

            return a is null && b is null;
        }

        public override int GetHashCode()
        {
            int hash = 0;
            for (Link? link = this; link is not null; link = link._next)
                hash = (hash * 31) + link._value;

            return hash;
        }
    }
}

/// <summary>A list as users make them.</summary>
internal sealed class Chain
{
    public int Value { get; private init; }

    public Chain? Next { get; private set; }

    internal static Chain Of(int count)
    {
        var first = new Chain();
        Chain last = first;
        for (int i = 1; i < count; i++)
            last = last.Next = new Chain { Value = i };

        return first;
    }
}
