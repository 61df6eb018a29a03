using Tandem.Compare;

namespace Tandem.Tool.Tests;

public sealed class AmountTests
{
    [Theory]
    [InlineData(0, "0 threads")]
    [InlineData(1, "1 thread")]
    [InlineData(2, "2 threads")]
    public void One_has_a_word_of_its_own(int number, string expected) => Assert.Equal(expected, Amount.Of(number, "thread"));

    [Fact]
    public void A_plural_can_be_any_word() => Assert.Equal("3 processes", Amount.Of(3, "process", "processes"));
}
