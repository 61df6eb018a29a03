using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Collections.Specialized;

namespace Tandem.Tests.Serialization;

public class CollectionTests
{
    private static readonly string[] Words = ["one", "two", "three", "four"];

    private static IEnumerable<KeyValuePair<string, int>> Numbered => Words.Select((word, i) => KeyValuePair.Create(word, i));

    public static TheoryData<IEnumerable> Sequences => new()
    {
        new List<string>(Words), new Queue<string>(Words), new Stack<string>(Words), new LinkedList<string>(Words),
        new SortedSet<string>(Words), new ConcurrentQueue<string>(Words), new ConcurrentStack<string>(Words),
        new ConcurrentBag<string>(Words),
        new Collection<string>([.. Words]), new ReadOnlyCollection<string>([.. Words]), new ObservableCollection<string>(Words),
        new ArrayList(Words), new SortedList<string, int>(new Dictionary<string, int>(Numbered)),
        new BitArray([true, false, true, true, false, false, true, false, true]),
        new StringCollection { "a", "b" }, new Queue(Words), new Stack(Words), new SortedList { ["a"] = 1 },
        ImmutableArray.Create(Words), ImmutableArray.Create(1, 2), ImmutableList.Create(Words), ImmutableQueue.Create(Words),
        ImmutableStack.Create(Words),
        ImmutableSortedSet.Create(Words), new SortedDictionary<string, int>(new Dictionary<string, int>(Numbered)),
        ImmutableSortedDictionary.CreateRange(Numbered), new OrderedDictionary<string, int>(Numbered),
        new Dictionary<string, int>(Numbered),
        Enumerable.Range(0, 5), new List<Labelled> { new("a", 1), new(null, 2) },
    };

    public static TheoryData<IEnumerable<string>> Sets => new()
    {
        new HashSet<string>(Words, StringComparer.OrdinalIgnoreCase), ImmutableHashSet.Create(StringComparer.OrdinalIgnoreCase, Words),
        Words.ToFrozenSet(StringComparer.OrdinalIgnoreCase), new SortedSet<string>(Words, StringComparer.OrdinalIgnoreCase),
    };

    public static TheoryData<IEnumerable<KeyValuePair<string, int>>> Dictionaries => new()
    {
        new Dictionary<string, int>(Numbered, StringComparer.OrdinalIgnoreCase),
        new ConcurrentDictionary<string, int>(Numbered, StringComparer.OrdinalIgnoreCase),
        ImmutableDictionary.CreateRange(StringComparer.OrdinalIgnoreCase, Numbered),
        Numbered.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase),
        new OrderedDictionary<string, int>(Numbered, StringComparer.OrdinalIgnoreCase),
        new SortedDictionary<string, int>(new Dictionary<string, int>(Numbered), StringComparer.OrdinalIgnoreCase),
        ImmutableSortedDictionary.CreateRange(StringComparer.OrdinalIgnoreCase, Numbered),
        new ReadOnlyDictionary<string, int>(new Dictionary<string, int>(Numbered, StringComparer.OrdinalIgnoreCase)),
    };

    [Theory]
    [MemberData(nameof(Sequences))]
    public void A_collection_arrives_with_its_type_order_and_elements(IEnumerable collection)
    {
        IEnumerable read = Wire.RoundTrip(collection);
        Assert.Equal(collection.GetType(), read.GetType());
        Assert.Equal(collection.Cast<object>(), read.Cast<object>());
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void A_set_arrives_with_its_comparer(IEnumerable<string> set)
    {
        IEnumerable<string> read = Wire.RoundTrip(set);
        Assert.Equal(set.Order(), read.Order());
        Assert.True(Assert.IsType<IReadOnlySet<string>>(read, exactMatch: false).Contains("TWO"));
    }

    [Theory]
    [MemberData(nameof(Dictionaries))]
    public void A_dictionary_arrives_with_its_comparer(IEnumerable<KeyValuePair<string, int>> dictionary)
    {
        var read = (IReadOnlyDictionary<string, int>)Wire.RoundTrip(dictionary);
        Assert.Equal(dictionary.GetType(), read.GetType());
        Assert.Equal(dictionary.OrderBy(p => p.Key), read.OrderBy(p => p.Key));
        Assert.Equal(1, read["TWO"]);
        Assert.False(read.ContainsKey("five"));
    }

    [Fact]
    public void A_dictionary_does_not_depend_on_the_hash_codes_of_its_process()
    {
        Moody.Salt = 1;
        byte[] map = Wire.Write(new Dictionary<Moody, int> { [new Moody { Id = 1 }] = 5 });
        byte[] set = Wire.Write(ImmutableHashSet.Create(new Moody { Id = 2 }));
        Moody.Salt = 2;
        Assert.Equal(5, Wire.Read<Dictionary<Moody, int>>(map)[new Moody { Id = 1 }]);
        Assert.Contains(new Moody { Id = 2 }, (IReadOnlySet<Moody>)Wire.Read<ImmutableHashSet<Moody>>(set));
    }

    [Fact]
    public void Keys_that_are_compared_by_reference_are_found_by_the_references_that_arrive()
    {
        var key = new Node { Name = "key" };
        (Node Key, Dictionary<Node, int> Map) read = Wire.RoundTrip(
            (key, new Dictionary<Node, int>(ReferenceEqualityComparer.Instance) { [key] = 3 }));
        Assert.Equal(3, read.Map[read.Key]);
    }

    [Fact]
    public void A_users_comparer_travels_as_an_object()
    {
        var read = Wire.RoundTrip(new Dictionary<string, int>(new CaseBlind { Calls = 7 }) { ["a"] = 1 });
        Assert.Equal(1, read["A"]);
        Assert.Equal(7, Assert.IsType<CaseBlind>(read.Comparer).Calls);
        Assert.Equal([3, 2, 1], Wire.RoundTrip(new SortedSet<int>([1, 2, 3], new Backwards())));
    }

    [Fact]
    public void The_comparers_of_the_framework_keep_their_identity()
    {
        Assert.Same(StringComparer.Ordinal, Wire.RoundTrip(StringComparer.Ordinal));
        Assert.Same(StringComparer.OrdinalIgnoreCase, Wire.RoundTrip<IEqualityComparer<string>>(StringComparer.OrdinalIgnoreCase));
        Assert.Same(StringComparer.InvariantCulture, Wire.RoundTrip<IComparer<string>>(StringComparer.InvariantCulture));
        Assert.Same(StringComparer.InvariantCultureIgnoreCase, Wire.RoundTrip<object>(StringComparer.InvariantCultureIgnoreCase));
        Assert.Same(EqualityComparer<string>.Default, Wire.RoundTrip(EqualityComparer<string>.Default));
        Assert.Same(EqualityComparer<Point>.Default, Wire.RoundTrip<IEqualityComparer<Point>>(EqualityComparer<Point>.Default));
        Assert.Same(Comparer<int>.Default, Wire.RoundTrip<IComparer<int>>(Comparer<int>.Default));
        Assert.Same(ReferenceEqualityComparer.Instance, Wire.RoundTrip<object>(ReferenceEqualityComparer.Instance));
    }

    [Fact]
    public void A_hashtable_and_what_is_built_on_one_arrive()
    {
        var table = new Hashtable(StringComparer.OrdinalIgnoreCase) { ["a"] = 1, [2] = "b" };
        Hashtable read = Wire.RoundTrip(table);
        Assert.Equal((1, "b"), (read["A"], read[2]));
        Assert.Equal("v", Wire.RoundTrip(new NameValueCollection { ["K"] = "v" })["k"]);
        Assert.Equal("v", Wire.RoundTrip(new OrderedDictionary { ["k"] = "v" })["k"]);
    }

    [Fact]
    public void A_lookup_finds_its_groups()
    {
        ILookup<int, string> read = Wire.RoundTrip(Words.ToLookup(w => w.Length));
        Assert.Equal(["one", "two"], read[3]);
        Assert.Empty(read[9]);
        Assert.Equal([3, 5, 4], read.Select(g => g.Key));
    }

    [Fact]
    public void A_priority_queue_gives_its_elements_in_order()
    {
        var queue = new PriorityQueue<string, int>(new Backwards());
        queue.EnqueueRange([("low", 1), ("high", 9), ("middle", 5)]);
        PriorityQueue<string, int> read = Wire.RoundTrip(queue);
        Assert.Equal(["high", "middle", "low"], [read.Dequeue(), read.Dequeue(), read.Dequeue()]);
    }

    [Fact]
    public void Long_chains_do_not_need_a_deep_stack()
    {
        int[] numbers = [.. Enumerable.Range(0, 100_000)];
        int[] reversed = [.. numbers.Reverse()];
        Assert.True(numbers.SequenceEqual(Wire.RoundTrip(new LinkedList<int>(numbers))));
        Assert.True(numbers.SequenceEqual(Wire.RoundTrip(new ConcurrentQueue<int>(numbers))));
        Assert.True(reversed.SequenceEqual(Wire.RoundTrip(new ConcurrentStack<int>(numbers))));
        Assert.True(numbers.SequenceEqual(Wire.RoundTrip(ImmutableQueue.CreateRange(numbers))));
        Assert.True(reversed.SequenceEqual(Wire.RoundTrip(ImmutableStack.CreateRange(numbers))));
    }

    [Fact]
    public void Collections_that_arrive_can_be_changed()
    {
        var queue = Wire.RoundTrip(new Queue<int>([1, 2]));
        queue.Enqueue(3);
        Assert.Equal([1, 2, 3], queue);
        var list = Wire.RoundTrip(new DerivedList { 1, 2 });
        list.Add(3);
        Assert.Equal([1, 2, 3], list);
        var observed = Wire.RoundTrip(new ObservableCollection<int>([1]));
        observed.Add(2);
        Assert.Equal([1, 2], observed);
    }

    [Fact]
    public void A_class_derived_from_a_list_keeps_its_own_fields() =>
        Assert.Equal("t", Wire.RoundTrip(new DerivedList { Title = "t" }).Title);

    [Fact]
    public void Immutable_arrays_keep_null_and_empty_apart()
    {
        Keeps read = Wire.RoundTrip(new Keeps { Names = ["a"] });
        Assert.Equal("a", Assert.Single(read.Names));
        Assert.True(read.Numbers.IsDefault);
    }

    [Fact]
    public void A_cycle_through_an_immutable_collection_is_refused()
    {
        var node = new Node();
        node.Other = ImmutableList.Create<object>(node);
        Node read = Wire.RoundTrip(node);
        Assert.Same(read, ((ImmutableList<object>)read.Other!)[0]);

        WorkSerializationException e = Wire.Refused((ImmutableList<object>)node.Other);
        Assert.Contains("break the cycle", e.Message, StringComparison.Ordinal);
        Assert.Equal("[0].Other", e.Path);
    }

    /// <summary>Hashes as strings do: differently in each process.</summary>
    private sealed class Moody
    {
        internal static int Salt { get; set; }

        public int Id { get; init; }

        public override bool Equals(object? obj) => obj is Moody other && other.Id == Id;

        public override int GetHashCode() => HashCode.Combine(Id, Salt);
    }
}
