using System.Buffers;
using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Collections.Specialized;
using static Tandem.Differential.Values.Some;

namespace Tandem.Differential.Values;

/// <summary>Arrays and collections, with their comparers.</summary>
internal static class Collections
{
    internal static void AddTo(ValueList list)
    {
        list.Add("int[]", r => Few(r, Int));
        list.Add("byte[]", r => With(new byte[r.Next(20)], b => r.NextBytes(b)));
        list.Add("large int[]", r => Enumerable.Range(r.Next(9), 20_000).ToArray());
        list.Add("string[]", r => Few(r, Text));
        list.Add("string?[]", r => Few(r, q => q.Next(2) == 0 ? null : Text(q)));
        list.Add("int?[]", r => Few(r, q => q.Next(2) == 0 ? null : (int?)q.Next()));
        list.Add("object[]", r => new object?[] { 1, Text(r), null, 2.5, new[] { 1 }, (1, "x") });
        list.Add("string[] as object[]", r => (object[])More(r, Text));
        list.Add("jagged array", r => Few(r, q => Few(q, Int)));
        list.Add("int[,]", r => new[,] { { 1, r.Next() }, { 3, 4 } });
        list.Add("string[,,]", r => new string?[1, 2, 2] { { { Text(r), null }, { "a", "b" } } });
        list.Add("array from 5", r => With(Array.CreateInstance(typeof(int), [3], [5]), a => a.SetValue(r.Next(), 6)), "does not begin at 0");
        list.Add("empty array", r => Array.Empty<string>());
        list.Add("array shared in an array", r => With(new object[3], a => a[0] = a[1] = a[2] = Few(r, Int)));
        list.Add("array in itself", r => With(new object[2], a => a[1] = a));
        list.Add("array of structs", r => Few(r, q => (q.Next(), Word(q))));
        list.Add("array of enums", r => Few(r, q => (DayOfWeek)q.Next(7)));
        list.Add("ArraySegment", r => new ArraySegment<int>([1, 2, r.Next(), 4], 1, 2));
        list.Add("Memory", r => new Memory<int>([1, 2, r.Next(), 4], 1, 2).ToArray().AsMemory());
        list.Add("ReadOnlyMemory of text", r => Word(r).AsMemory());
        list.Add("ReadOnlySequence", r => new ReadOnlySequence<byte>([1, 2, (byte)r.Next()]).ToArray());
        list.Add("SearchValues", r => SearchValues.Create("abc"), "is made for this processor");
        list.Add("BitArray", r => new BitArray([r.Next()]));

        list.Add("List<int>", r => new List<int>(Few(r, Int)));
        list.Add("List<string>", r => Few(r, Text).ToList());
        list.Add("List<object>", r => new List<object?> { 1, Text(r), null, new { A = r.Next() } });
        list.Add("List shared twice", r => With(new List<List<int>>(), l => { l.Add([1, r.Next()]); l.Add(l[0]); }));
        list.Add("IEnumerable of a list", r => (IEnumerable<int>)new List<int>(Few(r, Int)));
        list.Add("IReadOnlyList of an array", r => (IReadOnlyList<string>)Few(r, Text));
        list.Add("collection expression", r => (IReadOnlyList<int>)[1, r.Next(), 3]);
        list.Add("LinkedList", r => new LinkedList<string>(Few(r, Text)));
        list.Add("Queue", r => With(new Queue<int>(More(r, Int)), q => { q.Enqueue(7); q.Dequeue(); }));
        list.Add("Stack", r => new Stack<string>(Few(r, Text)));
        list.Add("PriorityQueue", r => new PriorityQueue<string, int>([("a", 3), ("b", 1), (Word(r), 2)]).UnorderedItems.ToArray());
        list.Add("PriorityQueue by descending", r => With(new PriorityQueue<string, int>(Comparer<int>.Create((a, b) => b.CompareTo(a))), q => q.Enqueue(Word(r), 2)));

        list.Add("Dictionary", r => Few(r, Word).Distinct().ToDictionary(w => w, w => w.Length));
        list.Add("Dictionary ignoring case", r => new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["Lamp"] = r.Next(), ["x"] = 1 });
        list.Add("Dictionary by culture", r => new Dictionary<string, int>(StringComparer.InvariantCultureIgnoreCase) { ["Lamp"] = r.Next() });
        list.Add("Dictionary by own comparer", r => new Dictionary<string, int>(new LengthComparer()) { ["four"] = r.Next(), ["seven.."] = 7 });
        list.Add("Dictionary by created comparer", r => new Dictionary<string, int>(EqualityComparer<string>.Create((a, b) => a?.Length == b?.Length, a => a.Length)) { ["four"] = r.Next() });
        list.Add("Dictionary by reference", r => With(new Dictionary<object, int>(ReferenceEqualityComparer.Instance), d => { d[new object()] = 1; d[Few(r, Int)] = 2; }));
        list.Add("Dictionary by tuple", r => new Dictionary<(int, string), decimal> { [(r.Next(), "a")] = 1.5m });
        list.Add("Dictionary by enum", r => new Dictionary<DayOfWeek, string> { [DayOfWeek.Monday] = Word(r) });
        list.Add("Dictionary by Guid", r => new Dictionary<Guid, int[]> { [new Guid(r.Next(), 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)] = [1] });
        list.Add("Dictionary by record", r => new Dictionary<Customer, int> { [new Customer(Word(r), 5)] = 1 });
        list.Add("Dictionary by object", r => new Dictionary<object, string> { [1] = "int", ["a"] = "string", [typeof(int)] = "type", [new Plainest()] = "object", [DayOfWeek.Friday] = Word(r) });
        list.Add("Dictionary by type", r => new Dictionary<Type, string> { [typeof(int)] = Word(r), [typeof(Customer)] = "c" });
        list.Add("Dictionary of dictionaries", r => new Dictionary<string, Dictionary<int, string>> { [Word(r)] = new() { [1] = Word(r) } });
        list.Add("HashSet", r => new HashSet<string>(Few(r, Text)));
        list.Add("HashSet ignoring case", r => new HashSet<string>(Few(r, Word), StringComparer.OrdinalIgnoreCase));
        list.Add("HashSet of objects", r => new HashSet<object> { new Plainest(), 1, "a", new { A = r.Next() } });
        list.Add("HashSet of sets", r => new HashSet<HashSet<int>>(HashSet<int>.CreateSetComparer()) { new([1, 2]), new([r.Next()]) });
        list.Add("SortedList", r => new SortedList<string, int>(StringComparer.OrdinalIgnoreCase) { ["b"] = 1, ["A"] = r.Next() });
        list.Add("SortedDictionary", r => new SortedDictionary<int, string>(Comparer<int>.Create((a, b) => b - a)) { [1] = "a", [r.Next(2, 9)] = "b" });
        list.Add("SortedSet", r => new SortedSet<string>(Few(r, Word), StringComparer.OrdinalIgnoreCase));
        list.Add("view of a SortedSet", r => new SortedSet<int>(More(r, q => q.Next(100))).GetViewBetween(5, 70));
        list.Add("OrderedDictionary", r => new OrderedDictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["b"] = 1, ["a"] = r.Next() });
        list.Add("keys of a Dictionary", r => new Dictionary<string, int> { [Word(r)] = 1, ["k"] = 2 }.Keys);
        list.Add("values of a Dictionary", r => new Dictionary<string, int> { [Word(r)] = 1, ["k"] = 2 }.Values);
        list.Add("ReadOnlyDictionary", r => new ReadOnlyDictionary<string, int>(new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["Ab"] = r.Next() }));
        list.Add("ReadOnlyCollection", r => Few(r, Text).AsReadOnly());
        list.Add("ReadOnlySet", r => new ReadOnlySet<string>(new HashSet<string>(Few(r, Word))));
        list.Add("Collection", r => new Collection<int>(Few(r, Int).ToList()));
        list.Add("ObservableCollection", r => new ObservableCollection<int>(Few(r, Int)));
        list.Add("KeyedCollection", r => With(new ByName(), c => { c.Add(new Customer("Ada", 1)); c.Add(new Customer(Word(r), 2)); }));

        list.Add("ArrayList", r => new ArrayList { 1, Text(r), null });
        list.Add("Hashtable", r => new Hashtable { ["a"] = 1, [2] = Text(r) });
        list.Add("Hashtable ignoring case", r => new Hashtable(StringComparer.OrdinalIgnoreCase) { ["Abc"] = r.Next() });
        list.Add("old Queue", r => new Queue(new object?[] { 1, Text(r) }));
        list.Add("old Stack", r => new Stack(new object?[] { 1, Text(r) }));
        list.Add("old SortedList", r => new SortedList { ["b"] = 1, ["a"] = Text(r) });
        list.Add("NameValueCollection", r => new NameValueCollection { { "A", "1" }, { "a", Word(r) }, { "b", null } });
        list.Add("StringCollection", r => new StringCollection { "a", Word(r) });
        list.Add("StringDictionary", r => new StringDictionary { ["Ab"] = Word(r) });
        list.Add("ListDictionary", r => new ListDictionary { ["a"] = 1, [Word(r)] = 2 });
        list.Add("HybridDictionary", r => new HybridDictionary(true) { ["Ab"] = r.Next() });
        list.Add("old OrderedDictionary", r => new OrderedDictionary { ["b"] = 1, ["a"] = r.Next() });

        list.Add("ConcurrentDictionary", r => new ConcurrentDictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["Ab"] = r.Next(), ["c"] = 1 });
        list.Add("ConcurrentQueue", r => new ConcurrentQueue<string>(Few(r, Text)));
        list.Add("ConcurrentStack", r => new ConcurrentStack<int>(Few(r, Int)));
        list.Add("ConcurrentBag", r => new ConcurrentBag<int>(Few(r, Int)));
        list.Add("BlockingCollection", r => new BlockingCollection<int> { 1 }, "synchronizes threads of this process");
        list.Add("Channel", r => System.Threading.Channels.Channel.CreateUnbounded<int>(), "connects threads of this process");

        list.Add("ImmutableArray", r => ImmutableArray.Create(Few(r, Int)));
        list.Add("default ImmutableArray", r => default(ImmutableArray<int>).IsDefault);
        list.Add("ImmutableList", r => ImmutableList.Create(Few(r, Text)));
        list.Add("ImmutableDictionary", r => ImmutableDictionary.CreateRange(StringComparer.OrdinalIgnoreCase, [KeyValuePair.Create("Ab", r.Next())]));
        list.Add("ImmutableHashSet", r => ImmutableHashSet.Create(StringComparer.OrdinalIgnoreCase, Few(r, Word)));
        list.Add("ImmutableSortedSet", r => ImmutableSortedSet.Create(StringComparer.OrdinalIgnoreCase, Few(r, Word)));
        list.Add("ImmutableSortedDictionary", r => ImmutableSortedDictionary<string, int>.Empty.Add("b", 1).Add("a", r.Next()));
        list.Add("ImmutableQueue", r => ImmutableQueue.Create(Few(r, Int)));
        list.Add("ImmutableStack", r => ImmutableStack.Create(Few(r, Int)));
        list.Add("FrozenDictionary", r => new Dictionary<string, int> { ["Ab"] = r.Next(), ["c"] = 2 }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase));
        list.Add("FrozenSet", r => Few(r, Word).ToFrozenSet());
        list.Add("FrozenSet of numbers", r => Few(r, Int).ToFrozenSet());

        list.Add("StringComparer.Ordinal", r => StringComparer.Ordinal);
        list.Add("StringComparer.OrdinalIgnoreCase", r => StringComparer.OrdinalIgnoreCase);
        list.Add("StringComparer.InvariantCulture", r => StringComparer.InvariantCulture);
        list.Add("IEqualityComparer", r => (IEqualityComparer<string>)StringComparer.OrdinalIgnoreCase);
        list.Add("EqualityComparer.Default", r => EqualityComparer<string>.Default);
        list.Add("EqualityComparer.Default of int", r => EqualityComparer<int>.Default);
        list.Add("Comparer.Default", r => Comparer<int>.Default);
        list.Add("Comparer.Create", r => Comparer<int>.Create((a, b) => b.CompareTo(a)));
        list.Add("ReferenceEqualityComparer", r => ReferenceEqualityComparer.Instance);
        list.Add("old Comparer", r => System.Collections.Comparer.DefaultInvariant);
        list.Add("CaseInsensitiveComparer", r => CaseInsensitiveComparer.DefaultInvariant);
        list.Add("StructuralComparer", r => StructuralComparisons.StructuralEqualityComparer);
    }
}
