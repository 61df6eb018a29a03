using System.Reflection;

namespace Tandem.Serialization;

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
