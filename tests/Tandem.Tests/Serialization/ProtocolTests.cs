using System.Collections.Specialized;
using System.Runtime.Serialization;
using Tandem.Serialization;

namespace Tandem.Tests.Serialization;

#pragma warning disable SYSLIB0050, SYSLIB0051 // The protocol is obsolete; the types that have it are there.

/// <summary>Types that take part in their own serialization.</summary>
public class ProtocolTests
{
    [Fact]
    public void The_methods_of_a_type_run_in_order_base_types_first()
    {
        var value = new Derived { Number = 3 };
        Derived read = Wire.RoundTrip(value);
        Assert.Equal(["base serializing", "derived serializing", "base serialized", "derived serialized"], value.Calls);
        Assert.Equal(["base deserializing", "derived deserializing", "base deserialized 3", "derived deserialized 3", "callback 3"], read.Calls);
    }

    [Fact]
    public void A_method_after_reading_sees_the_whole_graph()
    {
        var parent = new Parent();
        parent.Children.Add(new Child { Parent = parent, Name = "a" });
        parent.Children.Add(new Child { Parent = parent, Name = "b" });
        Parent read = Wire.RoundTrip(parent);
        Assert.Equal("a of 2,b of 2", string.Join(',', read.Children.Select(c => c.Seen)));
        Assert.Equal("a of 2", Wire.RoundTrip(parent.Children[0]).Seen);
    }

    [Fact]
    public void A_structure_with_such_a_method_restores_itself()
    {
        Assert.Equal(6, Wire.RoundTrip(new Doubled("abc")).Length);
        Assert.Equal(6, Wire.RoundTrip<object[]>([new Doubled("abc")]).Cast<Doubled>().Single().Length);
    }

    [Fact]
    public void A_key_that_restores_itself_is_found_in_the_collections_that_arrive()
    {
        var key = new RestoredKey("k");
        var value = new Keyed { Map = new() { [key] = 1 }, Set = [key], Frozen = System.Collections.Immutable.ImmutableHashSet.Create(key) };
        Keyed read = Wire.RoundTrip(value);
        Assert.Equal(1, read.Map![new RestoredKey("k")]);
        Assert.Contains(new RestoredKey("k"), (IReadOnlySet<RestoredKey>)read.Set!);
        Assert.Contains(new RestoredKey("k"), (IReadOnlySet<RestoredKey>)read.Frozen!);
    }

    [Fact]
    public void A_key_that_refers_to_its_collection_is_found_there()
    {
        var member = new Member();
        member.Group = [member];
        member.Id = 7;
        Member read = Wire.RoundTrip(member);
        Assert.Contains(read, (IReadOnlySet<Member>)read.Group!);
    }

    [Fact]
    public void A_key_that_is_not_complete_when_its_collection_is_made_is_refused()
    {
        var member = new Member { Id = 7 };
        member.Fixed = System.Collections.Immutable.ImmutableHashSet.Create(member);
        Assert.Contains("break the cycle", Wire.Refused(member).Message, StringComparison.Ordinal);

        // As a value it may, and so may what a key refers to.
        var owner = new Member { Id = 8 };
        owner.ByName = System.Collections.Immutable.ImmutableDictionary<string, Member>.Empty.Add("me", owner);
        owner.Fixed = System.Collections.Immutable.ImmutableHashSet.Create(new Member { Id = 9, Owner = owner });
        Member arrived = Wire.RoundTrip(owner);
        Assert.Same(arrived, arrived.ByName!["me"]);
        Assert.Same(arrived, Assert.Single(arrived.Fixed!).Owner);

        var node = new Node();
        node.Other = System.Collections.Immutable.ImmutableHashSet.Create(node);
        Node read = Wire.RoundTrip(node);
        Assert.Contains(read, (IReadOnlySet<Node>)read.Other!);
    }

    [Fact]
    public void A_field_marked_NonSerialized_travels_where_nothing_restores_it()
    {
        Cached read = Wire.RoundTrip(new Cached { Text = "t", Count = 4, Names = { ["a"] = 1 } });
        Assert.Equal(("t", 4, 1), (read.Text, read.Count, read.Names["A"]));
        Assert.Equal(5, Wire.RoundTrip(new PartlyRestored { Own = 5 }).Own);
    }

    [Fact]
    public void A_field_marked_NonSerialized_stays_behind_where_the_type_restores_it()
    {
        Restoring read = Wire.RoundTrip(new Restoring { Text = "abc", Length = 99 });
        Assert.Equal(3, read.Length);
    }

    [Fact]
    public void A_field_marked_NonSerialized_stays_behind_if_its_value_cannot_travel()
    {
        using var stream = new Infrastructure.LocalMemoryStream();
        Cache read = Wire.RoundTrip(new Cache { Key = "k", Open = stream });
        Assert.Equal("k", read.Key);
        Assert.Null(read.Open);

        // And what was written of it before is taken back, so that the rest still fits.
        var shared = new Node { Name = "s" };
        var holder = new LooseHolder { Loose = new object[] { shared, stream }, After = shared, Also = shared };
        LooseHolder both = Wire.RoundTrip(holder);
        Assert.Null(both.Loose);
        Assert.Equal("s", both.After!.Name);
        Assert.Same(both.After, both.Also);
    }

    [Fact]
    public void A_type_that_says_its_state_itself_is_rebuilt_by_its_constructor()
    {
        Moment read = Wire.RoundTrip(new Moment(3));
        Assert.Equal((3, true), (read.Value, read.IsRebuilt));
        Assert.Equal(4, Wire.RoundTrip<object>(new LaterMoment(4)) is LaterMoment later ? later.Value : 0);
    }

    [Fact]
    public void A_type_that_says_its_state_itself_may_refer_to_itself()
    {
        var ring = new Ring();
        ring.Next = new Ring { Next = ring };
        Ring read = Wire.RoundTrip(ring);
        Assert.Same(read, read.Next!.Next);
        Assert.NotSame(read, read.Next);
    }

    [Fact]
    public void A_type_that_stands_for_another_object_arrives_as_that_object()
    {
        Assert.Same(OnlyOne.Instance, Wire.RoundTrip(OnlyOne.Instance));
        Assert.Same(OnlyOne.Instance, Wire.RoundTrip<object[]>([OnlyOne.Instance, OnlyOne.Instance])[1]);
    }

    [Fact]
    public void A_type_whose_protocol_is_its_framework_base_types_travels_by_its_fields()
    {
        Settings read = Wire.RoundTrip(new Settings { Title = "t", ["Key"] = "v" });
        Assert.Equal(("t", "v"), (read.Title, read["key"]));
    }

    [Fact]
    public void What_such_a_method_throws_is_an_error_with_the_types_name()
    {
        WorkSerializationException refused = Wire.Refused(new Node { Other = new Sulking { When = Sulking.OnWriting } });
        Assert.Contains("Sulking threw InvalidOperationException: no", refused.Message, StringComparison.Ordinal);
        Assert.Equal(".Other", refused.Path);
        Assert.IsType<InvalidOperationException>(refused.InnerException);

        RebuildException failed = Assert.Throws<RebuildException>(() => Wire.RoundTrip(new Sulking { When = Sulking.OnReading }));
        Assert.Contains("Sulking threw InvalidOperationException: no", failed.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidOperationException>(failed.InnerException);
    }

    [Fact]
    public void A_comparer_that_throws_while_a_collection_is_rebuilt_is_an_error_of_its_own_kind()
    {
        byte[] bytes = Wire.Write(new HashSet<string>(new Grumpy()) { "a" });
        Grumpy.Throws = true;
        try
        {
            Assert.Throws<RebuildException>(() => Wire.Read<HashSet<string>>(bytes));
        }
        finally
        {
            Grumpy.Throws = false;
        }
    }

    [Serializable]
    private class Base
    {
        [NonSerialized]
        public List<string> Calls = [];

        public int Number { get; set; }

        [OnSerializing]
        private void BeforeWriting(StreamingContext context) => Calls.Add("base serializing");

        [OnSerialized]
        private void AfterWriting(StreamingContext context) => Calls.Add("base serialized");

        [OnDeserializing]
        private void BeforeReading(StreamingContext context) => Calls = ["base deserializing"];

        [OnDeserialized]
        protected void AfterReading(StreamingContext context) => Calls.Add($"base deserialized {Number}");
    }

    [Serializable]
    private sealed class Derived : Base, IDeserializationCallback
    {
        [OnSerializing]
        internal void BeforeWriting(StreamingContext context) => Calls.Add("derived serializing");

        [OnSerialized]
        internal void AfterWriting(StreamingContext context) => Calls.Add("derived serialized");

        [OnDeserializing]
        internal void BeforeReading(StreamingContext context) => Calls.Add("derived deserializing");

        [OnDeserialized]
        internal new void AfterReading(StreamingContext context) => Calls.Add($"derived deserialized {Number}");

        void IDeserializationCallback.OnDeserialization(object? sender) => Calls.Add($"callback {Number}");
    }

    private sealed class Parent
    {
        public List<Child> Children { get; } = [];
    }

    private sealed class Child
    {
        public Parent? Parent { get; set; }

        public string? Seen { get; private set; }

        public string? Name { get; set; }

        [OnDeserialized]
        private void Look(StreamingContext context) => Seen = $"{Name} of {Parent!.Children.Count}";
    }

    private struct Doubled(string text)
    {
        private readonly string _text = text;

        [NonSerialized]
        private int _length = 0;

        public readonly int Length => _length;

        [OnDeserialized]
        private void Restore(StreamingContext context) => _length = 2 * _text.Length;
    }

    private sealed class RestoredKey
    {
        private readonly string _text;

        [NonSerialized]
        private int _hash;

        public RestoredKey(string text)
        {
            _text = text;
            Restore(default);
        }

        public override bool Equals(object? obj) => obj is RestoredKey other && other._text == _text;

        public override int GetHashCode() => _hash;

        [OnDeserialized]
        private void Restore(StreamingContext context) => _hash = _text.Length + 41;
    }

    private sealed class Keyed
    {
        public Dictionary<RestoredKey, int>? Map { get; set; }

        public HashSet<RestoredKey>? Set { get; set; }

        public System.Collections.Immutable.ImmutableHashSet<RestoredKey>? Frozen { get; set; }
    }

    private sealed class Member
    {
        public HashSet<Member>? Group { get; set; }

        public System.Collections.Immutable.ImmutableHashSet<Member>? Fixed { get; set; }

        public System.Collections.Immutable.ImmutableDictionary<string, Member>? ByName { get; set; }

        public Member? Owner { get; set; }

        public int Id { get; set; }

        public override bool Equals(object? obj) => obj is Member other && other.Id == Id;

        public override int GetHashCode() => Id;
    }

    private sealed class Cached
    {
        [NonSerialized]
        public int Count;

        [NonSerialized]
        private readonly Dictionary<string, int> _names = new(StringComparer.OrdinalIgnoreCase);

        public string? Text { get; set; }

        public Dictionary<string, int> Names => _names;
    }

    private class Restoring
    {
        [NonSerialized]
        public int Length;

        public string? Text { get; set; }

        [OnDeserialized]
        private void Restore(StreamingContext context) => Length = Text?.Length ?? 0;
    }

    /// <summary>Its base type restores itself, and knows nothing of this one's field.</summary>
    private sealed class PartlyRestored : Restoring
    {
        [NonSerialized]
        public int Own;
    }

    private sealed class LooseHolder
    {
        [NonSerialized]
        public object? Loose;

        public Node? After { get; set; }

        public Node? Also { get; set; }
    }

    [Serializable]
    private sealed class Ring : ISerializable
    {
        public Ring()
        {
        }

        private Ring(SerializationInfo info, StreamingContext context) => Next = (Ring?)info.GetValue("next", typeof(Ring));

        public Ring? Next { get; set; }

        void ISerializable.GetObjectData(SerializationInfo info, StreamingContext context) => info.AddValue("next", Next, typeof(Ring));
    }

    [Serializable]
    private sealed class OnlyOne : ISerializable
    {
        internal static readonly OnlyOne Instance = new();

        private int _state = 3;

        internal int Next() => _state++;

        void ISerializable.GetObjectData(SerializationInfo info, StreamingContext context) => info.SetType(typeof(Stand));

        [Serializable]
        private sealed class Stand : IObjectReference
        {
            public object GetRealObject(StreamingContext context) => Instance;
        }
    }

    private sealed class Settings : NameValueCollection
    {
        public string? Title { get; set; }
    }

    private sealed class Sulking
    {
        internal const int OnWriting = 1;
        internal const int OnReading = 2;

        public int When { get; set; }

        [OnSerializing]
        private void Write(StreamingContext context) => ThrowOn(OnWriting);

        [OnDeserialized]
        private void Read(StreamingContext context) => ThrowOn(OnReading);

        private void ThrowOn(int when)
        {
            if (When == when)
                throw new InvalidOperationException("no");
        }
    }

    private sealed class Grumpy : IEqualityComparer<string>
    {
        [ThreadStatic]
        internal static bool Throws;

        public bool Equals(string? x, string? y) => x == y;

        public int GetHashCode(string obj) => Throws ? throw new InvalidOperationException("no") : obj.Length;
    }
}

/// <summary>Says its state itself.</summary>
[Serializable]
internal class Moment : ISerializable
{
    public Moment(int value) => Value = value;

    protected Moment(SerializationInfo info, StreamingContext context)
    {
        Value = info.GetInt32("value");
        IsRebuilt = true;
    }

    public int Value { get; }

    public bool IsRebuilt { get; }

    public virtual void GetObjectData(SerializationInfo info, StreamingContext context) => info.AddValue("value", Value);
}

/// <summary>Lacks the constructor, so its fields are copied.</summary>
internal sealed class LaterMoment(int value) : Moment(value);
