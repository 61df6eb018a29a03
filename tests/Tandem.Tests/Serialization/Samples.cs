using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Tandem.Tests.Serialization;

internal enum Colour : byte
{
    Red,
    Green = 7,
}

internal readonly record struct Point(int X, double Y);

internal record struct Labelled(string? Label, int Value);

internal record Person(string Name, int Age, List<int> Scores)
{
    public string? Nickname { get; init; }
}

internal sealed record Employee(string Name, int Age, List<int> Scores, Person? Boss) : Person(Name, Age, Scores);

internal interface IShape
{
    double Area { get; }
}

internal sealed class Circle(double radius) : IShape
{
    public double Area => Math.PI * radius * radius;
}

internal struct Square : IShape
{
    public double Side { get; set; }

    public readonly double Area => Side * Side;
}

internal class Account
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

internal sealed class SavingsAccount(int secret, string bank) : Account(secret)
{
    public string Bank { get; } = bank;
}

internal sealed class Node
{
    public string? Name { get; set; }

    public Node? Next { get; set; }

    public object? Other { get; set; }
}

internal sealed class Cache
{
    [NonSerialized]
    public Stream? Open;

    public string? Key;
}

/// <summary>Where the unusual members of refusal paths hang.</summary>
internal sealed class Holder
{
    public object? Source { get; set; }

    public Holder? Inner { get; set; }

    public List<Holder>? Items { get; set; }

    public Dictionary<string, Holder>? ByName { get; set; }

    public Stream? Stream { get; set; }

    public Task? Task { get; set; }
}

[StructLayout(LayoutKind.Explicit)]
internal struct Either
{
    [FieldOffset(0)]
    public int Whole;

    [FieldOffset(0)]
    public float Fraction;
}

internal struct WithHandle
{
    public int Number { get; set; }

    public nint Handle { get; set; }
}

internal unsafe struct WithPointer
{
    public byte* Address { get; set; }
}

internal sealed unsafe class PointerClass
{
    public int* Address { get; set; }
}

internal struct Empty;

internal struct Tree
{
    public int Value;
    public Tree[]? Children;
}

internal sealed class Finalized
{
    ~Finalized() => GC.KeepAlive(this);
}

internal sealed class CaseBlind : IEqualityComparer<string>
{
    public int Calls;

    public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.OrdinalIgnoreCase);

    public int GetHashCode([DisallowNull] string obj) => obj.ToUpperInvariant().GetHashCode(StringComparison.Ordinal);
}

internal sealed class Backwards : IComparer<int>
{
    public int Compare(int x, int y) => y.CompareTo(x);
}

internal sealed class Keeps
{
    public required ImmutableArray<string> Names { get; init; }

    public ImmutableArray<int> Numbers { get; init; }
}

internal sealed class DerivedDictionary : Dictionary<string, int>;

internal sealed class DerivedList : List<int>
{
    public string? Title { get; set; }
}

internal sealed class Reports : IProgress<int>
{
    public void Report(int value)
    {
    }
}
