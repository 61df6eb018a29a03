using System.Collections;
using System.Runtime.CompilerServices;
using CsCheck;

namespace Tandem.Tests.Serialization;

public class RoundTripProperties
{
    private static readonly Gen<string> AnyText = Gen.Char.Array[0, 20].Select(chars => new string(chars));

    private static readonly Gen<Person> People =
        Gen.Select(
            AnyText, Gen.Int, Gen.Int.List[0, 5], AnyText.Null(),
            (name, age, scores, nick) => new Person(name, age, scores) { Nickname = nick });

    private static readonly Gen<object?> Anything = Gen.Recursive<object?>((depth, self) => depth > 4 ? Leaf : Gen.OneOf(
        Leaf,
        self.Array[0, 4].Select(a => (object?)a),
        self.List[0, 4].Select(l => (object?)l),
        Gen.Dictionary(AnyText, self)[0, 4].Select(d => (object?)d),
        Gen.Select(self, AnyText, (o, s) => (object?)(o, s))));

    private static Gen<object?> Leaf => Gen.OneOf(
        Gen.Int.Select(v => (object?)v), Gen.Double.Select(v => (object?)v), Gen.Decimal.Select(v => (object?)v),
        AnyText.Select(v => (object?)v),
        Gen.DateTime.Select(v => (object?)v), Gen.Guid.Select(v => (object?)v), Gen.Const((object?)null),
        Gen.Byte.Array[0, 9].Select(v => (object?)v));

    [Fact]
    public void Primitives_arrive_bit_by_bit()
    {
        Equal(Gen.Int);
        Equal(Gen.ULong);
        Equal(Gen.Double);
        Equal(Gen.Float);
        Equal(Gen.Decimal);
        Equal(Gen.DateTimeOffset);
        Equal(Gen.Guid);
        Equal(Gen.Char);
        Equal(Gen.Bool);
        Equal(Gen.Select(Gen.Int, Gen.Double, (x, y) => new Point(x, y)));
    }

    [Fact]
    public void Strings_arrive_unit_by_unit()
    {
        Equal(Gen.String);
        Equal(AnyText);
        Equal(Gen.Char['\ud800', '\udfff'].Array[1, 5].Select(units => new string(units)));
    }

    [Fact]
    public void Collections_arrive_element_by_element()
    {
        Equal(Gen.Int.Array);
        Equal(AnyText.Array[0, 9].Array[0, 9]);
        Equal(Gen.Long.List);
        Equal(AnyText.List[0, 9].List[0, 9]);
        Equal(Gen.Int.Nullable().Array);
        Equal(Gen.Dictionary(AnyText, Gen.Int.List[0, 4])[0, 20]);
        Equal(Gen.Int.Array.Select(a => new HashSet<int>(a)));
        Equal(Gen.Int.Array2D[3, 5], 100);
    }

    [Fact]
    public void Records_arrive_property_by_property()
    {
        Repeatable.Check(People, person => Assert.Equivalent(person, Wire.RoundTrip(person), strict: true));
        Repeatable.Check(
            Gen.Select(People, People.Null(), (a, b) => new Employee(a.Name, a.Age, a.Scores, b)),
            employee => Assert.Equivalent(employee, Wire.RoundTrip<Person>(employee), strict: true),
            100);
    }

    [Fact]
    public void Graphs_of_anything_arrive_as_they_were() =>
        Repeatable.Check(Anything, value => Assert.True(Same(value, Wire.RoundTrip(value))), 300);

    private static void Equal<T>(Gen<T> generator, int times = 150) =>
        Repeatable.Check(generator, value => Assert.Equal(value, Wire.RoundTrip(value)), times);

    // Assert.Equal compares what is inside tuples by reference.
    private static bool Same(object? a, object? b)
    {
        if (a?.GetType() != b?.GetType())
            return false;

        return (a, b) switch
        {
            (IDictionary x, IDictionary y) => x.Count == y.Count && x.Keys.Cast<object>().All(key => Same(x[key], y[key])),
            (IList x, IList y) => x.Count == y.Count && Enumerable.Range(0, x.Count).All(i => Same(x[i], y[i])),
            (ITuple x, ITuple y) => Enumerable.Range(0, x.Length).All(i => Same(x[i], y[i])),
            _ => Equals(a, b),
        };
    }
}
