using static Tandem.Differential.Values.Some;

namespace Tandem.Differential.Values;

/// <summary>Types as users write them; they are in <c>Types.cs</c>.</summary>
internal static class OwnTypes
{
    internal static void AddTo(ValueList list)
    {
        list.Add("class without members", r => new Plainest());
        list.Add("record", r => new Customer(Text(r), Int(r)));
        list.Add("derived record", r => (Customer)new Regular(Text(r), Int(r), Few(r, Text)));
        list.Add("record struct", r => new Money((decimal)r.NextDouble(), "EUR"));
        list.Add("generic record", r => new Pair<string, int[]>(Text(r), Few(r, Int)));
        list.Add("record with own equality", r => new ByNameOnly(Word(r), r.Next()));
        list.Add("record in itself", r => With(new Ring(r.Next()), x => x.Next = new Ring(1) { Next = x }));
        list.Add("array of records", r => Few(r, q => new Customer(Text(q), Int(q))));
        list.Add("class", r => new Order { Id = Int(r), Lines = { new Line("lamp", 2), new Line(Text(r), 1) }, Placed = new DateTime(2026, 1, 1) });
        list.Add("derived class", r => (Animal)new Dog(Text(r)) { Age = r.Next() });
        list.Add("private field of a base", r => new Deepest(r.Next()));
        list.Add("hidden field", r => new Hiding(r.Next(), Text(r)));
        list.Add("interface", r => (IShape)new Square(r.Next()));
        list.Add("primary constructor", r => new Greeter(Text(r)));
        list.Add("required and init", r => new Settings { Name = Text(r), Level = r.Next() });
        list.Add("field keyword", r => new Trimmed { Text = "  " + Text(r) + " " });
        list.Add("cached property", r => With(new Caching(Text(r)), c => c.Length.ToString()));
        list.Add("generic class", r => new Box<(int, string)>((Int(r), Text(r))));
        list.Add("generic class nested in one", r => new Box<int>.Lid<string>(r.Next(), Text(r)));
        list.Add("private nested class", r => Order.Hidden(r.Next()));
        list.Add("readonly struct", r => new Span(r.Next(), r.Next()));
        list.Add("struct with references", r => new Mixed { Text = Text(r), Numbers = Few(r, Int), Any = r.Next() });
        list.Add("struct with padding", r => new Padded { A = (byte)r.Next(), B = r.NextInt64(), C = (byte)r.Next() });
        list.Add("struct of explicit layout", r => new Union { Whole = r.Next() });
        list.Add("struct with fixed buffer", r => Fixed.Of(r.Next()));
        list.Add("inline array", r => Four.Of(r.Next()));
        list.Add("empty struct", r => default(Nothing));
        list.Add("struct?", r => r.Next(2) == 0 ? null : (Money?)new Money(1, "USD"));
        list.Add("boxed struct", r => (object)new Money(r.Next(), Word(r)));
        list.Add("event with handlers", r => With(new Bell(), b => b.Rung += Bell.Count));
        list.Add("class with lambda", r => new Rule(Int(r)));
        list.Add("class with a multicast delegate", r => With(new Bell(), b => { b.Rung += Bell.Count; b.Rung += Bell.Count; }));
        list.Add("tree", r => Tree.Grow(r, 4));
        list.Add("doubly linked", r => Chain.Of(More(r, Int)));
        list.Add("graph", r => With(new Knot("a"), a => { var b = new Knot(Text(r)); a.To.Add(b); b.To.Add(a); b.To.Add(b); a.To.Add(new Knot("c") { To = { a, b } }); }));
        list.Add("parent and children", r => With(new Family(Word(r)), f => { f.Add("x"); f.Add(Word(r)); }));
        list.Add("list type", r => With(new Basket(Word(r)), b => b.AddRange(Few(r, Int))));
        list.Add("enumerable type", r => new Numbers(Few(r, Int)));
        list.Add("collection type", r => new Bag<string> { "a", Text(r) });
        list.Add("class with sets and maps", r => With(new Registry(), g => { g.Names.Add("Ada"); g.ByName[Word(r)] = new Customer("c", 1); g.Objects.Add(g); }));
        list.Add("object as key of its own map", r => With(new SelfKeyed(), s => { s.Map[s] = Word(r); s.Map[new SelfKeyed()] = "other"; }));
        list.Add("singleton compared by reference", r => r.Next(2) == 0 ? Level.Low : Level.High);
        list.Add("enumeration with setters and its own equality", r => r.Next(2) == 0 ? Stage.First : Stage.Last);
        list.Add("enumeration whose values know each other", r => r.Next(2) == 0 ? Side.Left : Side.Right);
        list.Add("array of an enumeration", r => Few(r, q => q.Next(2) == 0 ? Side.Left : Side.Right));
        list.Add("enumeration with collections", r => Recipe.Bread);
        list.Add("sentinel", r => new Optional { Value = r.Next(2) == 0 ? Optional.Missing : r.Next() });
        list.Add("hash code kept in a field", r => new KeepsHash(Word(r)));
        list.Add("set of hash codes kept", r => new HashSet<KeepsHash> { new(Word(r)) });
        list.Add("ISerializable", r => new Protocol(Word(r), r.Next()), "has a serialization protocol");
        list.Add("OnDeserialized", r => new Rebuilt(Word(r)), "has a serialization protocol");
        list.Add("NonSerialized", r => new Skips(Word(r)));
        list.Add("IDeserializationCallback", r => new CallsBack(Word(r)), "has a serialization protocol");
        list.Add("IObjectReference", r => Singleton.Instance, "has a serialization protocol");
        list.Add("comparer", r => new LengthComparer());
        list.Add("nullable fields", r => new Maybe { Number = r.Next(2) == 0 ? null : r.Next(), Text = null, Day = DayOfWeek.Monday });
        list.Add("many fields", r => new Wide { A = r.Next(), B = Text(r), C = 1.5, D = [1], E = new DateTime(5), F = Guid.Empty, G = (1, "x"), H = new() { ["a"] = [1] } });
        list.Add("dynamic", r => (object)With(new System.Dynamic.ExpandoObject(), e => ((IDictionary<string, object?>)e)["Name"] = Text(r)));
        list.Add("holder of a Type and an enum", r => new Holder(typeof(Customer), DayOfWeek.Friday, Encoded: System.Text.Encoding.UTF8));
        list.Add("reader over a stream", r => new StreamReader(new MemoryStream([1])), "tied to this process");
        list.Add("class with a finalizer", r => new Finalized(), "owns something of this process");
        list.Add("class with a stream", r => new Attachment(Word(r), new MemoryStream([1, 2])), "has a stream");
        list.Add("class with a Task", r => new Waiting(Task.CompletedTask), "has a task");
        list.Add("iterator", r => Numbers.Count(r.Next(9)));
        list.Add("half-read iterator", r => With(Numbers.Count(5).GetEnumerator(), e => e.MoveNext()), "in the middle of its work");
        list.Add("async iterator", r => Numbers.CountAsync(3), "runs in this process");
    }
}
