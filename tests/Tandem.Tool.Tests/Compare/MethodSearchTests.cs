using Tandem.Compare.Methods;

namespace Tandem.Tool.Tests.Compare;

public sealed class MethodSearchTests
{
    private const string Here = "Tandem.Tool.Tests.Compare.MethodSearchTests.Examples";

    [Fact]
    public void A_method_is_found_by_its_name() => Assert.Equal("Score", Find("Score").Name);

    [Fact]
    public void Of_overloads_the_one_that_takes_such_an_item_is_meant()
    {
        Assert.Equal(typeof(string), Find("Both", hasTexts: true).GetParameters()[0].ParameterType);
        Assert.Equal(typeof(int), Find("Both", hasTexts: false).GetParameters()[0].ParameterType);
    }

    [Theory]
    [InlineData("Scroe", "Did you mean Tandem.Tool.Tests.Compare.MethodSearchTests.Examples.Score?")]
    [InlineData("Zzzzzz", "Static methods that take one item")]
    [InlineData("Instance", "it is an instance method")]
    [InlineData("Generic", "it is generic")]
    [InlineData("Two", "it has 2 parameters")]
    [InlineData("Floating", "its parameter is a Double")]
    [InlineData("Quick", "return a Task instead")]
    public void What_cannot_be_called_is_said(string name, string expected) =>
        Assert.Contains(expected, Assert.Throws<MethodException>(() => Find(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_right_name_in_another_type_is_offered() => Assert.Contains(
        $"Did you mean {Here}.Score?",
        Assert.Throws<MethodException>(static () => MethodSearch.Find(typeof(Examples).Assembly, "Example.Score", hasTexts: true)).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("My.App.Score", "Static methods that take one item")]
    [InlineData("Score", "Did you mean Tandem.Tool.Tests.Compare.MethodSearchTests.Examples.Score?")]
    [InlineData("Elsewhere.Examples.Score", "Did you mean Tandem.Tool.Tests.Compare.MethodSearchTests.Examples.Score?")]
    [InlineData("Examples.Bothersome", "Static methods that take one item")]
    public void Only_what_is_near_is_offered(string name, string expected)
    {
        string message = Assert.Throws<MethodException>(() => MethodSearch.Find(typeof(Examples).Assembly, name, hasTexts: true)).Message;
        Assert.EndsWith(expected == "Static methods that take one item" ? "can be compared." : expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Tandem.Tool.Tests.Compare.MethodSearchTests+Examples.Score")]
    [InlineData("Tandem.Tool.Tests.Compare.MethodSearchTests.Examples.Score")]
    public void A_nested_type_is_written_either_way(string name) => Assert.Equal("Score", MethodSearch.Find(typeof(Examples).Assembly, name, hasTexts: true).Name);

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("score", "Score", 0)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "four", 4)]
    public void Distances_are_counted_in_letters(string one, string other, int expected) => Assert.Equal(expected, MethodSearch.Distance(one, other));

    private static System.Reflection.MethodInfo Find(string name, bool hasTexts = true) =>
        MethodSearch.Find(typeof(Examples).Assembly, $"{Here}.{name}", hasTexts);

    internal sealed class Examples
    {
        internal static int Score(string line) => line.Length;

        internal static int Both(string line) => line.Length;

        internal static int Both(int number) => number;

        internal int Instance(string line) => line.Length;

        internal static T? Generic<T>(string line) => line.Length == 0 ? default : throw new InvalidOperationException();

        internal static int Two(string line, int number) => line.Length + number;

        internal static double Floating(double number) => number;

        internal static ValueTask<int> Quick(string line) => new(line.Length);
    }
}
