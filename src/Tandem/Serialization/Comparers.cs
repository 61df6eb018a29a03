using System.Globalization;
using System.Reflection;

namespace Tandem.Serialization;

/// <summary>The comparers of collections; null for the default comparer, which most collections have.</summary>
internal static class Comparers
{
    /// <summary>Creates a function that returns the comparer of a collection.</summary>
    internal static Func<TCollection, object?> Of<T, TCollection>(Func<TCollection, IEqualityComparer<T>> get) =>
        collection => OrNull(get(collection));

    /// <inheritdoc cref="Of{T, TCollection}(Func{TCollection, IEqualityComparer{T}})"/>
    internal static Func<TCollection, object?> Of<T, TCollection>(Func<TCollection, IComparer<T>> get) =>
        collection => OrNull(get(collection));

    internal static object? OrNull<T>(IEqualityComparer<T>? comparer) =>
        ReferenceEquals(comparer, EqualityComparer<T>.Default) ? null : comparer;

    internal static object? OrNull<T>(IComparer<T>? comparer) => ReferenceEquals(comparer, Comparer<T>.Default) ? null : comparer;

    internal static void Write(PayloadWriter writer, object? comparer)
    {
        try
        {
            Codec<object?>.Instance.Write(writer, comparer);
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, ".Comparer"))
        {
            throw;
        }
    }

    internal static object? Read(PayloadReader reader) => Codec<object?>.Instance.Read(reader);

    /// <summary>Combines the comparers of a collection that has two.</summary>
    internal static object? Two(object? first, object? second) => first is null && second is null ? null : new[] { first, second };

    /// <summary>Splits the result of the other overload.</summary>
    internal static object?[] Two(object? joined) => joined is null ? new object?[2] : (object?[])joined;
}

/// <summary>The framework's string comparers: ordinal ones by kind, others by culture and options.</summary>
internal sealed class StringComparerShape() : LateShape(typeof(StringComparer))
{
    private const byte Ordinal = 0;
    private const byte OrdinalIgnoreCase = 1;
    private const byte OfCulture = 2;

    internal override void Write(PayloadWriter writer, object value)
    {
        var comparer = (IEqualityComparer<string?>)value;
        if (StringComparer.IsWellKnownOrdinalComparer(comparer, out bool ignoreCase))
        {
            writer.Write(ignoreCase ? OrdinalIgnoreCase : Ordinal);
        }
        else if (StringComparer.IsWellKnownCultureAwareComparer(comparer, out CompareInfo? culture, out CompareOptions options))
        {
            writer.Write(OfCulture);
            writer.WriteString(culture.Name);
            writer.Write((int)options);
        }
        else
        {
            throw new WorkSerializationException(
                $"the comparer {TypeChecks.Display(value.GetType())} cannot be serialized; use a comparer of StringComparer");
        }
    }

    protected override object Build(PayloadReader reader)
    {
        byte kind = reader.Read<byte>();
        if (kind != OfCulture)
            return kind == Ordinal ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;

        string culture = reader.ReadString()!;
        var options = (CompareOptions)reader.ReadInt32();
        if (culture.Length == 0 && options is CompareOptions.None or CompareOptions.IgnoreCase)
            return options == CompareOptions.None ? StringComparer.InvariantCulture : StringComparer.InvariantCultureIgnoreCase;

        return CultureInfo.GetCultureInfo(culture).CompareInfo.GetStringComparer(options);
    }
}

/// <summary>
/// <c>EqualityComparer&lt;T&gt;.Default</c> and <c>Comparer&lt;T&gt;.Default</c>, of which each process has one object.
/// </summary>
internal sealed class DefaultComparerShape : Shape
{
    private readonly object _comparer;

    private DefaultComparerShape(Type ancestor, object comparer)
        : base(ancestor, ShapeTraits.None) => _comparer = comparer;

    /// <summary>
    /// Returns the shape if <paramref name="type"/> is the type of the default comparer, or the declared type that the default comparer
    /// replaces; otherwise null.
    /// </summary>
    internal static Shape? Find(Type ancestor, Type type)
    {
        const BindingFlags Own = BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly;
        object comparer = ancestor.GetProperty("Default", Own)!.GetValue(null)!;
        return type == comparer.GetType() || type == ancestor ? new DefaultComparerShape(ancestor, comparer) : null;
    }

    internal override void Write(PayloadWriter writer, object value)
    {
    }

    internal override object? Read(PayloadReader reader) => _comparer;
}
