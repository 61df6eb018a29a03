using System.Linq.Expressions;
using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// Queries over collections in memory (<c>AsQueryable</c>): the expression, and the collection of the first query. The compiled form of a
/// query that has run is not serialized.
/// </summary>
internal sealed class EnumerableQueryShape<T>() : Shape(typeof(EnumerableQuery<T>), ShapeTraits.Tracked)
{
    private static readonly FieldInfo? Expression = Field("_expression");
    private static readonly FieldInfo? Items = Field("_enumerable");

    internal override void Write(PayloadWriter writer, object value)
    {
        if (Expression is null || Items is null)
        {
            throw new WorkSerializationException(
                "queries cannot be serialized with this version of .NET; pass the collection, and query it in the work");
        }

        Expression expression = ((IQueryable)value).Expression;
        bool isFirst = expression is ConstantExpression constant && ReferenceEquals(constant.Value, value);
        Write(writer, ".Expression", expression);
        Write(writer, ".Items", isFirst ? (IEnumerable<T>?)Items.GetValue(value) : null);
    }

    internal override object? Read(PayloadReader reader)
    {
        object query = PlainShape.Make(WireType);
        reader.Objects.Add(query);
        Expression?.SetValue(query, Codec<Expression>.Instance.Read(reader));
        Items?.SetValue(query, Codec<IEnumerable<T>?>.Instance.Read(reader));
        return query;
    }

    private static void Write<TPart>(PayloadWriter writer, string name, TPart part)
    {
        try
        {
            Codec<TPart>.Instance.Write(writer, part);
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, name))
        {
            throw;
        }
    }

    private static FieldInfo? Field(string name) =>
        typeof(EnumerableQuery<T>).GetField(name, BindingFlags.Instance | BindingFlags.NonPublic);
}
