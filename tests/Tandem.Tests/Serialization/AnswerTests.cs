#pragma warning disable CA2201 // General exceptions are values here.
using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.InteropServices;
using CsCheck;
using Tandem.Invocation;
using Tandem.Serialization;

namespace Tandem.Tests.Serialization;

/// <summary>
/// What a worker may send back. Each hole is tried twice: an honest worker refuses the value and names it, and of a worker that does not
/// ask the policy, the calling process refuses it without running any code of it.
/// </summary>
public class AnswerTests
{
    private static readonly string[] Words = ["one", "two"];

    private static int s_runs; // how often code of an answer has run here

    public static TheoryData<object> CollectionsWithAComparer => new()
    {
        new HashSet<string>(Words, new Own()),
        new SortedSet<string>(Words, new Own()),
        new Dictionary<string, int>(new Own()) { ["a"] = 1 },
        new SortedDictionary<string, int>(new Own()) { ["a"] = 1, ["b"] = 2 },
        new SortedList<string, int>(new Own()) { ["a"] = 1 },
        new SortedList(new Own()) { ["a"] = 1 },
        new Hashtable(new Own()) { ["a"] = 1 },
        new ConcurrentDictionary<string, int>(new Own()) { ["a"] = 1 },
        new OrderedDictionary<string, int>(new Own()) { ["a"] = 1 },
        new PriorityQueue<int, string>([(1, "a"), (2, "b")], new Own()),
        ImmutableHashSet.Create<string>(new Own(), Words),
        ImmutableSortedSet.Create<string>(new Own(), Words),
        ImmutableDictionary.Create<string, int>(new Own()).Add("a", 1),
        ImmutableDictionary.Create<int, string>(null, new Own()).Add(1, "a"),
        ImmutableSortedDictionary.Create<string, int>(new Own()).Add("a", 1).Add("b", 2),
        Words.ToFrozenSet(new Own()),
        Words.ToFrozenDictionary(word => word, new Own()),
        Words.ToLookup(word => word, new Own()),
        new HashSet<string>(Words, EqualityComparer<string>.Create(static (a, b) => Ran(a == b), static a => Ran(a.Length))),
    };

    public static TheoryData<object> FrameworkComparers => new()
    {
        new HashSet<string>(Words, StringComparer.OrdinalIgnoreCase), new HashSet<string>(Words, StringComparer.Ordinal),
        new HashSet<string>(Words, StringComparer.InvariantCultureIgnoreCase), new SortedSet<string>(Words, StringComparer.CurrentCulture),
        new HashSet<object>([1, "a"], ReferenceEqualityComparer.Instance), new HashSet<int>([1], EqualityComparer<int>.Default),
        new HashSet<object>([1, "a"], (IEqualityComparer<object>)EqualityComparer<object>.Default), new SortedSet<int>([2, 1], Comparer<int>.Default),
        new SortedList(StringComparer.OrdinalIgnoreCase) { ["a"] = 1 }, new SortedList { ["a"] = 1 }, new SortedList<string, int> { ["a"] = 1 },
        new SortedList<string, int>(StringComparer.OrdinalIgnoreCase) { ["a"] = 1 }, new Hashtable(StringComparer.OrdinalIgnoreCase) { ["a"] = 1 },
        new HashSet<HashSet<int>>(HashSet<int>.CreateSetComparer()) { new([1, 2]) },
        ImmutableDictionary.Create<string, int>(StringComparer.OrdinalIgnoreCase, EqualityComparer<int>.Default).Add("a", 1),
        Words.ToFrozenSet(StringComparer.OrdinalIgnoreCase), Words.ToLookup(static word => word, StringComparer.OrdinalIgnoreCase),
        new Hashtable(StructuralComparisons.StructuralEqualityComparer) { ["a"] = 1 },
    };

    [Theory]
    [MemberData(nameof(CollectionsWithAComparer))]
    public void A_comparer_of_the_program_is_refused_in_a_member_with_its_path(object collection)
    {
        var value = new Holder { Any = collection };
        WorkSerializationException refused = Assert.Throws<WorkSerializationException>(() => Write(value, For<Holder>()));
        Assert.StartsWith("result.Any.", refused.Path, StringComparison.Ordinal);
        Assert.Contains("compare", refused.Path, StringComparison.OrdinalIgnoreCase);

        // Of a worker that does not refuse it. The values that such a payload can carry are read without a policy, which shows that the
        // attempt would succeed.
        byte[] bytes = Write(value, null);
        s_runs = 0;
        Assert.NotNull(Read<Holder>(bytes, null).Any);
        bool ran = s_runs > 0;
        s_runs = 0;
        Assert.ThrowsAny<PayloadCorruptException>(() => Read<Holder>(bytes, For<Holder>()));
        Assert.Equal(0, s_runs);
        Assert.True(ran || collection is SortedList or SortedList<string, int> or Hashtable || collection is ImmutableDictionary<int, string>, "The hole was none.");
    }

    [Theory]
    [MemberData(nameof(FrameworkComparers))]
    public void A_comparer_of_the_framework_comes_back_wherever_it_is(object collection)
    {
        byte[] bytes = Write(new Holder { Any = collection }, For<Holder>());
        object read = Read<Holder>(bytes, For<Holder>()).Any!;
        Assert.Equal(Wire.RoundTrip(collection).GetType(), read.GetType());
        Assert.Equal(((IEnumerable)collection).Cast<object>().Count(), ((IEnumerable)read).Cast<object>().Count());
    }

    [Fact]
    public void A_collection_that_the_program_declared_brings_its_comparer()
    {
        Back(new HashSet<string>(Words, new Own()), static set => Assert.IsType<Own>(set.Comparer));
        Back(new SortedSet<string>(Words, new Own()), static set => Assert.IsType<Own>(set.Comparer));
        Back(new Dictionary<string, int>(new Own()) { ["a"] = 1 }, static map => Assert.IsType<Own>(map.Comparer));
        Back(new SortedList<string, int>(new Own()) { ["a"] = 1 }, static map => Assert.IsType<Own>(map.Comparer));
        Back(ImmutableDictionary.Create<string, int>(new Own()).Add("a", 1), static map => Assert.IsType<Own>(map.KeyComparer));
        Back(Words.ToFrozenSet(new Own()), static set => Assert.IsType<Own>(set.Comparer));
        Back(Words.ToLookup(static word => word, new Own()), static lookup => Assert.True(lookup.Contains("ONE")));
        Back<ValueTask<HashSet<string>>>(default, static _ => { });

        // Not one inside, and not one of an interface: the program did not declare a set with a comparer of its own.
        Refused<List<HashSet<string>>>([new HashSet<string>(Words, new Own())]);
        Refused<ISet<string>>(new HashSet<string>(Words, new Own()));
        Refused<Exception>(new Carrying { Held = new HashSet<string>(Words, new Own()) }, isLeftOut: true);

        // A comparer that consists of delegates is refused as those are.
        Refused(new HashSet<string>(Words, EqualityComparer<string>.Create(static (a, b) => Ran(a == b), static a => Ran(a.Length))));
    }

    [Fact]
    public void A_delegate_comes_back_where_the_program_declared_one()
    {
        int three = 3;
        Func<int, int> inner = x => x * three;
        Back<Func<int, int>>(x => inner(x) + 1, static read => Assert.Equal(16, read(5)));
        Back<Func<int, int>[]>([x => x, x => x + three], static read => Assert.Equal(8, read[1](5)));
        Back<Dictionary<string, Func<int>>>(new() { ["a"] = () => three }, static read => Assert.Equal(3, read["a"]()));
        Back((1, (Action)(static () => Ran(1))), static read => Assert.NotNull(read.Item2));
        Back<Delegate>(static () => 4, static read => Assert.Equal(4, read.DynamicInvoke()));
        Back<Func<object>>((Func<string>)(static () => "s"), static read => Assert.Equal("s", read()));
        Back(new WithCallback { Callback = () => three }, static read => Assert.Equal(3, read.Callback!()));
        Back<IReadOnlyList<WithCallback>>([new() { Callback = () => three }], static read => Assert.Equal(3, read[0].Callback!()));
        Action both = static () => Ran(1);
        both += static () => Ran(2);
        Back(both, static read => Assert.Equal(2, read.GetInvocationList().Length));
        Back<ValueTask<Func<int>>>(new ValueTask<Func<int>>(static () => 1), null);
        Back<Action?>(null, Assert.Null);

        // A variable of another delegate type, which the delegate that is declared captures.
        Predicate<int> big = x => x > three;
        Back<Func<int, string>>(x => big(x) ? "big" : "small", static read => Assert.Equal("big", read(4)));
    }

    [Fact]
    public void A_delegate_is_refused_where_the_program_declared_none()
    {
        Refused<object>((Action)(static () => Ran(1)), "ToList");
        Refused<object[]>([1, (Action)(static () => Ran(1))], "[1]");
        Refused<object>(new WithCallback { Callback = static () => 1 }, ".Callback");
        Refused<(object, Action)>(((Func<int>)(static () => 1), static () => Ran(1)), ".Item1");
        Refused<IEnumerable<int>>(Enumerable.Range(0, 9).ToList().Where(static n => n > 3), "ToList");
        Refused<object>(new List<Action> { static () => Ran(1) }, "[0]");
        Refused<ICloneable>((Action)(static () => Ran(1)), "declare the result");
        Refused<Exception>(new Carrying { Held = (Action)(static () => Ran(1)) }, isLeftOut: true);
        Refused<Exception>(new Calling { Callback = static () => Ran(1) }, isLeftOut: true);
    }

    [Fact]
    public void A_delegate_runs_only_methods_of_the_assemblies_that_take_part()
    {
        Refused<Func<string, Assembly>>(Assembly.LoadFrom, "return a lambda that calls it");
        Refused<Func<string, System.Diagnostics.Process>>(System.Diagnostics.Process.Start, "lambda");
        Refused<Func<string, int>>(AppDomain.CurrentDomain.ExecuteAssembly, isCaught: false);
        Refused<Action<string>>(File.Delete, "lambda");
        Refused<Func<double, double>>(Math.Sqrt, "lambda");
        Refused<Func<int>>(ProcessNumber, "lambda");
        Refused<Action<string>>(Assert.Fail, "assemblies only");
        Action hidden = static () => Ran(1);
        hidden += GC.Collect;
        Refused(hidden, "lambda");

        // Of its own assemblies everything, also what is private.
        Back<Action>(Private, static read => Assert.Equal(nameof(Private), read.Method.Name));
        Back<Func<double, double>>(static x => Math.Sqrt(x), static read => Assert.Equal(3, read(9)));
    }

    [Fact]
    public void An_assembly_that_an_answer_names_is_not_loaded()
    {
        // Other tests of this process may have loaded some of them.
        string[] names =
        [
            .. new[] { "System.Formats.Tar", "System.IO.IsolatedStorage", "System.Net.WebSockets.Client", "System.Web.HttpUtility", "System.Net.HttpListener" }
                .Where(static name => !IsLoaded(name)).Take(2),
        ];
        Assert.SkipWhen(names.Length < 2, "This process has loaded all the assemblies that the test knows.");
        foreach (string name in names)
        {
            RebuildException refused = Assert.Throws<RebuildException>(() => Read<object>(Naming(name, Guid.NewGuid()), For<object>()));
            Assert.Contains(name, refused.Message, StringComparison.Ordinal);
            Assert.Contains("before the call", refused.Message, StringComparison.Ordinal);
            Assert.False(IsLoaded(name));
        }

        // That is what happened before, and what happens in a worker, which must load what its parent names.
        Assert.Throws<PayloadCorruptException>(() => Read<object>(Naming(names[1], Guid.NewGuid()), null));
        Assert.True(IsLoaded(names[1]));

        // One that is loaded, in another build.
        Assert.Throws<RebuildException>(() => Read<object>(Naming("xunit.v3.core", Guid.NewGuid()), For<object>()));
    }

    [Fact]
    public void The_data_of_an_exception_holds_simple_values_only()
    {
        var simple = new Dictionary<object, object?>
        {
            ["int"] = 1,
            ["text"] = "t",
            ["null"] = null,
            ["decimal"] = 1.50m,
            ["guid"] = Guid.NewGuid(),
            ["time"] = DateTime.UtcNow,
            ["offset"] = DateTimeOffset.Now,
            ["date"] = new DateOnly(2024, 2, 29),
            ["clock"] = new TimeOnly(1, 2),
            ["span"] = TimeSpan.FromSeconds(3),
            ["half"] = (Half)1.5,
            ["big"] = Int128.MaxValue,
            ["char"] = 'c',
            ["bool"] = true,
            ["byte"] = (byte)3,
            ["nan"] = double.NaN,
            ["bytes"] = new byte[] { 1, 2 },
            ["texts"] = new[] { "a", null },
            ["times"] = new[] { DateTime.UnixEpoch },
            ["enum"] = DayOfWeek.Friday,
            ["own enum"] = Kind.Negative,
            [7] = "number",
            [DayOfWeek.Monday] = "day",
            [Guid.Empty] = "guid",
        };
        var exception = new InvalidOperationException("m");
        foreach ((object key, object? value) in simple)
            exception.Data[key] = value;

        Exception read = Through(exception);
        Assert.Equal(simple.Count, read.Data.Count);
        foreach ((object key, object? value) in simple)
        {
            Assert.Equal(value, read.Data[key]);
            Assert.Equal(value?.GetType(), read.Data[key]?.GetType());
        }
    }

    [Fact]
    public void Other_values_in_the_data_of_an_exception_arrive_as_text_with_a_note()
    {
        var exception = new InvalidOperationException("m")
        {
            Data =
            {
                ["list"] = new List<int> { 1 }, ["version"] = new Version(1, 2), ["bad"] = new Silent(), ["delegate"] = (Action)(static () => Ran(1)),
                ["objects"] = new object[] { 1 }, ["long"] = new Version(1, 2, 3, 4), ["kept"] = 5, [new Version(9, 9)] = "its key",
            },
        };
        Exception read = Through(exception);
        Assert.Equal("1.2", read.Data["version"]);
        Assert.Equal(5, read.Data["kept"]);
        Assert.All(read.Data.Values.Cast<object>(), static value => Assert.True(value is string or int));
        Assert.Contains("InvalidCastException", (string)read.Data["bad"]!, StringComparison.Ordinal);
        string note = Assert.IsType<string>(read.Data["Tandem.DataNote"]);
        Assert.Contains("'version' was a Version and arrives as text", note, StringComparison.Ordinal);
        Assert.Contains("an entry with a Version as its key was left out", note, StringComparison.Ordinal);
        Assert.DoesNotContain("kept", note, StringComparison.Ordinal);

        // Through a second process: the note stays, and there is one.
        Exception twice = Through(read);
        Assert.Equal(note, twice.Data["Tandem.DataNote"]);
        Assert.Equal(read.Data.Count, twice.Data.Count);

        // A worker that sends what it likes.
        s_runs = 0;
        var touchy = new InvalidOperationException("m") { Data = { ["set"] = new HashSet<string>(Words, new Own()) } };
        byte[] bytes = Exceptional(touchy, null);
        Assert.NotNull(ReadException(bytes, null).Data["set"]);
        Assert.NotEqual(0, s_runs);
        s_runs = 0;
        Assert.ThrowsAny<PayloadCorruptException>(() => ReadException(bytes, For<int>()));
        Assert.Equal(0, s_runs);
    }

    [Fact]
    public void What_an_honest_worker_writes_is_read()
    {
        // Whatever the policy lets the writing side write, the reading side takes: an honest value must never look like an attack.
        int written = 0;
        foreach (Recipe recipe in Recipes.All())
        {
            byte[] bytes;
            try
            {
                bytes = Write(new Holder { Any = recipe.Make() }, For<Holder>());
            }
            catch (Exception)
            {
                continue; // refused, or not made
            }

            written++;
            try
            {
                Read<Holder>(bytes, For<Holder>());
            }
            catch (Exception e)
            {
                Assert.Fail($"{recipe.Name}: {e}");
            }
        }

        Assert.InRange(written, 500, int.MaxValue);
        foreach (object? row in ExceptionTests.OwnType.Select(static row => (object)((ITheoryDataRow)row).GetData()[0]!))
        {
            Exception read = Through((Exception)row);
            Assert.Equal(row.GetType(), read.GetType());
        }
    }

    [Fact]
    public void Any_simple_value_in_the_data_of_an_exception_comes_back() => Gen.OneOf<object?>(
            Gen.Int.Select(static v => (object?)v), Gen.Long.Select(static v => (object?)v), Gen.Double.Select(static v => (object?)v),
            Gen.Decimal.Select(static v => (object?)v), Gen.String.Select(static v => (object?)v), Gen.Guid.Select(static v => (object?)v),
            Gen.DateTime.Select(static v => (object?)v), Gen.DateTimeOffset.Select(static v => (object?)v), Gen.Bool.Select(static v => (object?)v),
            Gen.Byte.Array[0, 9].Select(static v => (object?)v), Gen.String.Array[0, 4].Select(static v => (object?)v),
            Gen.Enum<DayOfWeek>().Select(static v => (object?)v))
        .Sample(static value =>
        {
            object? read = Through(new IOException("m") { Data = { ["k"] = value } }).Data["k"];
            Assert.Equal(value, read);
            Assert.Equal(value?.GetType(), read?.GetType());
        });

    [DllImport("libc", EntryPoint = "getpid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int ProcessNumber();

    private static void Private() => Ran(1);

    private static T Ran<T>(T value)
    {
        s_runs++;
        return value;
    }

    private static bool IsLoaded(string name) => Array.Exists(AppDomain.CurrentDomain.GetAssemblies(), a => a.GetName().Name == name);

    /// <summary>A payload with an object of the first type of an assembly.</summary>
    private static byte[] Naming(string assembly, Guid version)
    {
        using var writer = new PayloadWriter();
        writer.Begin(new NativePayloadMemory());
        writer.Write((byte)3); // an object whose type is named
        writer.Write(-1); // a type that is defined in a module
        writer.Write(-1); // a new module
        writer.Write(version);
        writer.WriteString(assembly);
        writer.Write(0x02000002);
        return Bytes(writer);
    }

    private static AnswerPolicy For<T>() => new(typeof(T), static () => [typeof(AnswerTests).Assembly]);

    private static unsafe byte[] Bytes(PayloadWriter writer) => new ReadOnlySpan<byte>(writer.Start, (int)writer.Length).ToArray();

    private static byte[] Write<T>(T value, AnswerPolicy? policy)
    {
        using var writer = new PayloadWriter();
        writer.Begin(new NativePayloadMemory(), CallLinks.ForResults);
        writer.Answer = policy;
        DelegateAdapter<T>.Write(writer, value);
        return Bytes(writer);
    }

    private static unsafe T Read<T>(byte[] bytes, AnswerPolicy? policy)
    {
        var reader = new PayloadReader();
        fixed (byte* start = bytes)
        {
            reader.Begin(start, bytes.Length, CallLinks.ForResults, policy);
            T value = DelegateAdapter<T>.Read(reader);
            Assert.Equal(0, reader.Remaining);
            return value;
        }
    }

    private static byte[] Exceptional(Exception exception, AnswerPolicy? policy)
    {
        using var writer = new PayloadWriter();
        writer.Begin(new NativePayloadMemory(), CallLinks.ForResults);
        writer.Answer = policy;
        ExceptionCodec.Write(writer, exception);
        return Bytes(writer);
    }

    private static unsafe Exception ReadException(byte[] bytes, AnswerPolicy? policy)
    {
        var reader = new PayloadReader();
        fixed (byte* start = bytes)
        {
            reader.Begin(start, bytes.Length, CallLinks.ForResults, policy);
            Exception read = ExceptionCodec.Read(reader);
            Assert.Equal(0, reader.Remaining);
            return read;
        }
    }

    private static Exception Through(Exception exception) => ReadException(Exceptional(exception, For<int>()), For<int>());

    private static void Back<T>(T value, Action<T>? check)
    {
        T read = Read<T>(Write(value, For<T>()), For<T>());
        check?.Invoke(read);
    }

    /// <summary>The value is refused where it is written, and where it is read if the writing side does not refuse it.</summary>
    private static void Refused<T>(T value, string reason = "", bool isLeftOut = false, bool isCaught = true)
    {
        if (isLeftOut)
        {
            // An exception reaches its caller; what it may not bring along is left out.
            T read = Read<T>(Write(value, For<T>()), For<T>());
            Assert.Null(read is Carrying carrying ? carrying.Held : (read as Calling)?.Callback);
        }
        else
        {
            WorkSerializationException refused = Assert.Throws<WorkSerializationException>(() => Write(value, For<T>()));
            Assert.StartsWith("result", refused.Path, StringComparison.Ordinal);
            Assert.Contains(reason, refused.Path + " " + refused.Message, StringComparison.Ordinal);
        }

        // Without a policy it is written, and without one it was read. Some values could not even be written.
        byte[] bytes;
        try
        {
            bytes = Write(value, null);
        }
        catch (WorkSerializationException) when (!isCaught)
        {
            return;
        }

        Assert.NotNull(Read<T>(bytes, null));
        int before = s_runs;
        Assert.ThrowsAny<PayloadCorruptException>(() => Read<T>(bytes, For<T>()));
        Assert.Equal(before, s_runs);
    }

    private enum Kind : long
    {
        Negative = -5,
    }

    private sealed class Holder
    {
        public object? Any { get; set; }
    }

    private sealed class WithCallback
    {
        public Func<int>? Callback { get; set; }
    }

    private sealed class Silent
    {
        public override string ToString() => throw new InvalidCastException();
    }

    private sealed class Carrying() : Exception("m")
    {
        public object? Held { get; set; }
    }

    private sealed class Calling() : Exception("m")
    {
        public Action? Callback { get; set; }
    }

    /// <summary>Counts that its code runs.</summary>
    private sealed class Own : IEqualityComparer<string>, IComparer<string>, IEqualityComparer, IComparer
    {
        public bool Equals(string? x, string? y) => Ran(string.Equals(x, y, StringComparison.OrdinalIgnoreCase));

        public int GetHashCode(string obj) => Ran(StringComparer.OrdinalIgnoreCase.GetHashCode(obj));

        public int Compare(string? x, string? y) => Ran(StringComparer.OrdinalIgnoreCase.Compare(x, y));

        bool IEqualityComparer.Equals(object? x, object? y) => Ran(Equals(x, y));

        int IEqualityComparer.GetHashCode(object obj) => Ran(obj.GetHashCode());

        int IComparer.Compare(object? x, object? y) => Ran(Comparer.DefaultInvariant.Compare(x, y));
    }
}
