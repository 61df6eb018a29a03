using Tandem.Diagnostics;

namespace Tandem.Tool.Tests.Top;

public sealed class TraceRightsTests
{
    [Theory]
    [InlineData(false, false, "belongs to another user", "as root")]
    [InlineData(false, true, "it is yours", "as root")]
    [InlineData(true, true, "even root", "container")]
    [InlineData(true, false, "even root", "container")]
    public void A_refusal_says_its_reason_to_whom_it_is_made(bool isRoot, bool isOwn, params string[] expected)
    {
        string reason = TraceRights.Refusal(isRoot, isOwn);
        Assert.All(expected, text => Assert.Contains(text, reason, StringComparison.Ordinal));
        Assert.Equal(!isRoot, reason.Contains("as root", StringComparison.Ordinal));
    }

    [Fact]
    public void What_may_be_looked_into_is_not_refused() => Assert.Null(TraceRights.Refusal(Environment.ProcessId));
}
