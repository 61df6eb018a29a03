using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Tandem.Tests.Serialization;

public enum Colour : byte
{
    Red,
    Green = 7,
}

public readonly record struct Point(int X, double Y);

public record struct Labelled(string? Label, int Value);

public record Person(string Name, int Age, List<int> Scores)
{
    public string? Nickname { get; init; }
}

public record Employee(string Name, int Age, List<int> Scores, Person? Boss) : Person(Name, Age, Scores);

public interface IShape
{
    double Area { get; }
}

public sealed class Circle(double radius) : IShape
{
    public double Area => Math.PI * radius * radius;
}

public struct Square : IShape
{
    public double Side { get; set; }

    public readonly double Area => Side * Side;
}

public class Account
{
    private readonly int _secret;
    private decimal _balance;

    public Account(int secret)
    {
        _secret = secret;
        Constructed++;
    }

    public static int Constructed { get; private set; }

    public decimal Balance
    {
        get => _balance;
        set => _balance = value;
    }

    public int Secret => _secret;
}

public sealed class SavingsAccount(int secret, string bank) : Account(secret)
{
    public string Bank { get; } = bank;
}

public sealed class Node
{
    public string? Name { get; set; }

    public Node? Next { get; set; }

    public object? Other { get; set; }
}

public sealed class Cache
{
    [NonSerialized]
    public Stream? Open;

    public string? Key;
}

/// <summary>Where the unusual members of refusal paths hang.</summary>
public sealed class Holder
{
    public object? Source { get; set; }

    public Holder? Inner { get; set; }

    public List<Holder>? Items { get; set; }

    public Dictionary<string, Holder>? ByName { get; set; }

    public Stream? Stream { get; set; }

    public Task? Task { get; set; }
}

[StructLayout(LayoutKind.Explicit)]
public struct Either
{
    [FieldOffset(0)]
    public int Whole;

    [FieldOffset(0)]
    public float Fraction;
}

public struct WithHandle
{
    public int Number;
    public nint Handle;
}

public unsafe struct WithPointer
{
    public int Number;
    public byte* Pointer;
}

public sealed unsafe class PointerClass
{
    public int* Pointer;
}

public struct Empty;

public struct Tree
{
    public int Value;
    public Tree[]? Children;
}

public sealed class Finalized
{
    ~Finalized() => GC.KeepAlive(this);
}

public sealed class CaseBlind : IEqualityComparer<string>
{
    public int Calls;

    public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.OrdinalIgnoreCase);

    public int GetHashCode([DisallowNull] string obj) => obj.ToUpperInvariant().GetHashCode(StringComparison.Ordinal);
}

public sealed class Backwards : IComparer<int>
{
    public int Compare(int x, int y) => y.CompareTo(x);
}

public sealed class Keeps
{
    public required ImmutableArray<string> Names { get; init; }

    public ImmutableArray<int> Numbers { get; init; }
}

public class DerivedDictionary : Dictionary<string, int>;

public sealed class DerivedList : List<int>
{
    public string? Title { get; set; }
}

public sealed class Reports : IProgress<int>
{
    public void Report(int value)
    {
    }
}
