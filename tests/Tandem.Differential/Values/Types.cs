using System.Collections;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Serialization;

namespace Tandem.Differential.Values;

public class Plainest;

public record Customer(string Name, int Age)
{
    public string? Nickname { get; init; }
}

public record Regular(string Name, int Age, string[] Tags) : Customer(Name, Age);

public readonly record struct Money(decimal Amount, string Currency);

public record Pair<T1, T2>(T1 First, T2 Second);

public sealed record ByNameOnly(string Name, int Noise)
{
    public bool Equals(ByNameOnly? other) => other is not null && string.Equals(Name, other.Name, StringComparison.OrdinalIgnoreCase);

    public override int GetHashCode() => StringComparer.OrdinalIgnoreCase.GetHashCode(Name);
}

public sealed record Ring(int Value)
{
    public Ring? Next { get; set; }

    public bool Equals(Ring? other) => other?.Value == Value;

    public override int GetHashCode() => Value;

    public override string ToString() => $"ring {Value}";
}

public readonly record struct Line(string Product, int Count);

public class Order
{
    private readonly Guid _key = Guid.Empty;

    public int Id { get; set; }

    public List<Line> Lines { get; } = [];

    public DateTime Placed { get; init; }

    public Guid Key => _key;

    public static object Hidden(int value) => new Secret { Value = value };

    public static Exception Fail(string text) => new NotForYou(text);

    private sealed class Secret
    {
        internal int Value { get; init; }
    }

    private sealed class NotForYou(string text) : Exception("not for you: " + text);
}

public abstract class Animal(string name)
{
    private readonly string _name = name;

    public int Age { get; set; }

    public virtual string Sound => _name;
}

public class Dog(string name) : Animal(name)
{
    public override string Sound => base.Sound + " barks";

    public override string ToString() => Sound;
}

public class Deep(int value)
{
    private readonly int _value = value;
    protected int[] Numbers = [value];

    public int Value => _value;
}

public class Deeper(int value) : Deep(value)
{
    private readonly int _value = value + 1;

    public int Both => _value + Value;
}

public sealed class Deepest(int value) : Deeper(value)
{
    private readonly string _value = value.ToString(CultureInfo.InvariantCulture);

    public string All => _value + Both;
}

public class Hidden0(int value)
{
    public int Value = value;
}

public sealed class Hiding(int value, string text) : Hidden0(value)
{
    public new string Value = text;
}

public interface IShape
{
    double Area => Width * Width;

    double Width { get; }
}

public readonly struct Square(double width) : IShape
{
    public double Width { get; } = width;
}

public class Greeter(string name)
{
    public string Greet() => $"Hello, {name}";

    public override string ToString() => Greet();
}

public class Settings
{
    public required string Name { get; init; }

    public int Level { get; init; } = 3;
}

public class Trimmed
{
    public string Text
    {
        get;
        set => field = value.Trim();
    } = "";
}

public class Caching(string text)
{
    private int? _length;

    public int Length => _length ??= text.Length;
}

public class Box<T>(T content)
{
    public T Content { get; } = content;

    public override string ToString() => $"box of {Content}";

    public class Lid<TLabel>(T content, TLabel label) : Box<T>(content)
    {
        public TLabel Label { get; } = label;
    }
}

public readonly struct Span(int start, int end)
{
    private readonly int _start = start;

    public int Length => end - _start;
}

public struct Mixed
{
    public string Text;
    public int[] Numbers;
    public object Any;
}

public struct Padded
{
    public byte A;
    public long B;
    public byte C;
}

[StructLayout(LayoutKind.Explicit)]
public struct Union
{
    [FieldOffset(0)]
    public int Whole;

    [FieldOffset(0)]
    public short Low;

    [FieldOffset(2)]
    public short High;
}

public unsafe struct Fixed
{
    public fixed int Numbers[4];

    public static Fixed Of(int seed)
    {
        Fixed made = default;
        for (int i = 0; i < 4; i++)
            made.Numbers[i] = seed + i;
        return made;
    }

    public override readonly string ToString() => $"{Numbers[0]},{Numbers[1]},{Numbers[2]},{Numbers[3]}";
}

[InlineArray(4)]
public struct Four
{
    private int _first;

    public static Four Of(int seed)
    {
        Four made = default;
        for (int i = 0; i < 4; i++)
            made[i] = seed - i;
        return made;
    }

    // What the runtime has for inline arrays throws, or not, by what was asked before.
    public override readonly bool Equals(object? obj) => obj is Four other && other.ToString() == ToString();

    public override readonly int GetHashCode() => _first;

    public override readonly string ToString() => $"{_first},{this[1]},{this[2]},{this[3]}";
}

public readonly struct Nothing;

public class Bell
{
    public event EventHandler? Rung;

    public int Handlers => Rung?.GetInvocationList().Length ?? 0;

    public static void Count(object? sender, EventArgs e)
    {
    }
}

public class Rule(int limit)
{
    private readonly Func<int, int> _apply = x => Math.Min(x, limit);

    public override string ToString() => _apply(1000).ToString(CultureInfo.InvariantCulture);
}

public class Tree
{
    public int Value { get; init; }

    public Tree? Left { get; init; }

    public Tree? Right { get; init; }

    public static Tree Grow(Random r, int depth) => new()
    {
        Value = r.Next(),
        Left = depth > 0 && r.Next(4) > 0 ? Grow(r, depth - 1) : null,
        Right = depth > 0 && r.Next(4) > 0 ? Grow(r, depth - 1) : null,
    };
}

public class Chain(int value)
{
    public int Value { get; } = value;

    public Chain? Before { get; set; }

    public Chain? After { get; set; }

    public static Chain Of(int[] values)
    {
        var first = new Chain(values[0]);
        Chain last = first;
        foreach (int value in values.Skip(1))
        {
            last.After = new Chain(value) { Before = last };
            last = last.After;
        }

        return first;
    }
}

public class Knot(string name)
{
    public string Name { get; } = name;

    public List<Knot> To { get; } = [];
}

public class Family(string name)
{
    private readonly List<Member> _members = [];

    public string Name => name;

    public void Add(string first) => _members.Add(new Member(this, first));

    public sealed class Member(Family family, string first)
    {
        public string Full => first + " " + family.Name;

        public override string ToString() => Full;
    }
}

public class Basket(string owner) : List<int>
{
    public string Owner { get; } = owner;
}

public class Numbers(int[] numbers) : IEnumerable<int>
{
    public static IEnumerable<int> Count(int to)
    {
        for (int i = 0; i < to; i++)
            yield return i;
    }

    public static async IAsyncEnumerable<int> CountAsync(int to)
    {
        for (int i = 0; i < to; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)numbers).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

public class Bag<T> : ICollection<T>
{
    private readonly HashSet<T> _all = [];

    public int Count => _all.Count;

    public bool IsReadOnly => false;

    public void Add(T item) => _all.Add(item);

    public void Clear() => _all.Clear();

    public bool Contains(T item) => _all.Contains(item);

    public void CopyTo(T[] array, int arrayIndex) => _all.CopyTo(array, arrayIndex);

    public IEnumerator<T> GetEnumerator() => _all.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool Remove(T item) => _all.Remove(item);
}

public class Registry
{
    public HashSet<string> Names { get; } = new(StringComparer.OrdinalIgnoreCase);

    public Dictionary<string, Customer> ByName { get; } = [];

    public HashSet<object> Objects { get; } = [];
}

public class SelfKeyed
{
    public Dictionary<SelfKeyed, string> Map { get; } = [];
}

public sealed class Level
{
    public static readonly Level Low = new("low");
    public static readonly Level High = new("high");

    private readonly string _name;

    private Level(string name) => _name = name;

    public override string ToString() => _name;
}

public abstract class Enumeration(int id, string name)
{
    public int Id { get; private set; } = id;

    public string Name { get; private set; } = name;

    public override bool Equals(object? other) => other is Enumeration e && e.GetType() == GetType() && e.Id == Id;

    public override int GetHashCode() => Id;
}

public sealed class Stage(int id, string name) : Enumeration(id, name)
{
    public static Stage First = new(1, "first");
    public static readonly Stage Last = new(2, "last");
}

public sealed class Side
{
    public static readonly Side Left = new(Stage.First);
    public static readonly Side Right = new(Stage.Last) { Other = Left };

    static Side() => Left.Other = Right;

    private Side(Stage stage) => Stage = stage;

    public Stage Stage { get; }

    public Side? Other { get; private set; }
}

public sealed class Recipe
{
    public static readonly Recipe Bread = new("flour", "water");

    private Recipe(params string[] parts)
    {
        Parts = [.. parts];
        Steps = [new Step(this, 1), new Step(this, 2)];
    }

    public List<string> Parts { get; }

    public Step[] Steps { get; }

    public sealed record Step(Recipe Of, int Number)
    {
        public override string ToString() => "step " + Number;
    }
}

public sealed class Optional
{
    public static readonly object Missing = new();

    public object Value { get; set; } = Missing;
}

public sealed class KeepsHash(string text)
{
    private readonly int _hash = text.GetHashCode(StringComparison.Ordinal);

    public override int GetHashCode() => _hash;

    public override bool Equals(object? other) => other is KeepsHash kept && kept._hash == _hash;

    public override string ToString() => text;
}

[Serializable]
public sealed class Protocol : ISerializable
{
    private readonly string _name;
    private readonly int _twice;

    public Protocol(string name, int number)
    {
        _name = name;
        _twice = number * 2;
    }

    private Protocol(SerializationInfo info, StreamingContext context)
    {
        _name = info.GetString("name")!;
        _twice = info.GetInt32("number") * 2;
    }

    public void GetObjectData(SerializationInfo info, StreamingContext context)
    {
        info.AddValue("name", _name);
        info.AddValue("number", _twice / 2);
    }

    public override string ToString() => _name + _twice;
}

[Serializable]
public sealed class Rebuilt(string text)
{
    [NonSerialized]
    private string _upper = text.ToUpperInvariant();

    [OnDeserialized]
    private void Rebuild(StreamingContext context) => _upper = text.ToUpperInvariant();

    public override string ToString() => _upper;
}

[Serializable]
public sealed class Skips(string text)
{
    [NonSerialized]
    private readonly int _length = text.Length;

    public override string ToString() => text + _length;
}

[Serializable]
public sealed class CallsBack(string text) : IDeserializationCallback
{
    [NonSerialized]
    private Dictionary<string, int> _index = new() { [text] = 1 };

    public void OnDeserialization(object? sender) => _index = new() { [text] = 1 };

    public override string ToString() => _index[text].ToString(CultureInfo.InvariantCulture);
}

[Serializable]
public sealed class Singleton : IObjectReference
{
    public static readonly Singleton Instance = new();

    public object GetRealObject(StreamingContext context) => Instance;
}

public sealed class LengthComparer : IEqualityComparer<string>
{
    public bool Equals(string? x, string? y) => x?.Length == y?.Length;

    public int GetHashCode(string obj) => obj.Length;
}

public sealed class ByName : KeyedCollection<string, Customer>
{
    public ByName()
        : base(StringComparer.OrdinalIgnoreCase, 0)
    {
    }

    protected override string GetKeyForItem(Customer item) => item.Name;
}

public class Maybe
{
    public int? Number;
    public string? Text;
    public DayOfWeek? Day;
}

public class Wide
{
    public int A;
    public string B = "";
    public double C;
    public byte[] D = [];
    public DateTime E;
    public Guid F;
    public (int, string) G;
    public Dictionary<string, List<int>> H = [];
}

public sealed record Holder(Type Kind, DayOfWeek Day, System.Text.Encoding Encoded);

public sealed class Finalized
{
    ~Finalized()
    {
    }
}

public sealed record Attachment(string Name, Stream Content);

public sealed record Waiting(Task Work);

public sealed class Customer404(int id) : Exception($"no customer {id}")
{
    public int Id { get; } = id;
}

public class OrderRejected(int code, string reason) : Exception($"order rejected: {reason} ({code})")
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;
}

public sealed class RejectedLate(int code, DateTime when) : OrderRejected(code, "late")
{
    private readonly DateTime _when = when;

    public long Ticks => _when.Ticks;
}

public sealed class Detailed(string message) : Exception(message)
{
    public Customer? Customer { get; init; }

    public int[] Numbers { get; init; } = [];
}

public sealed class OwnMessage(int number) : Exception
{
    public override string Message => $"number {number} is wrong";
}

public sealed class Carrying<T>(T value) : Exception("carries a value")
{
    public T Value { get; } = value;
}

public sealed class OwnArgument(string parameter, int limit) : ArgumentException($"more than {limit}", parameter)
{
    public int Limit { get; } = limit;
}

[Serializable]
public sealed class OldProtocol : Exception
{
    public OldProtocol(string message, int code)
        : base(message) => Code = code;

    private OldProtocol(SerializationInfo info, StreamingContext context)
        : base(info, context) => Code = info.GetInt32("code");

    public int Code { get; }

    public override void GetObjectData(SerializationInfo info, StreamingContext context)
    {
        base.GetObjectData(info, context);
        info.AddValue("code", Code);
    }
}

public sealed class OnlyByFactory : Exception
{
    private OnlyByFactory(string message, bool made)
        : base(message) => Made = made;

    public bool Made { get; }

    public static OnlyByFactory Make(string message) => new(message, true);
}

public sealed class Picky : Exception
{
    public Picky(string message)
        : base("[" + message + "]")
    {
        if (!message.StartsWith("ok", StringComparison.Ordinal))
            throw new ArgumentException("not ok", nameof(message));
    }
}

public sealed class GaveUp(int after) : OperationCanceledException($"gave up after {after}")
{
    public int After { get; } = after;
}
