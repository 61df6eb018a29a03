using Tandem.Interop;
using Tandem.Supervision;

namespace Tandem.Tests.Processes;

public sealed class EndedByTests
{
    [Theory]
    [InlineData(9, false, false, "Outside")]
    [InlineData(15, false, false, "Outside")]
    [InlineData(2, false, false, "Outside")]
    [InlineData(1, false, false, "Outside")]
    [InlineData(9, true, false, "Pool")]
    [InlineData(9, false, true, "OutOfMemory")]
    [InlineData(6, false, false, "Itself")]
    [InlineData(11, false, true, "Itself")]
    [InlineData(null, false, false, "Itself")]
    [InlineData(null, true, false, "Pool")]
    public void Who_ended_a_process_is_decided_from_its_signal_and_from_what_the_pool_did(int? signal, bool byPool, bool outOfMemory, string expected) =>
        Assert.Equal(expected, ExitAttribution.Of(new ExitStatus(signal is null ? 1 : null, signal), byPool, outOfMemory).ToString());
}
