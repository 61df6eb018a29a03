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

    [Theory]
    [InlineData(0xC0000005, false, false, "Itself")] // access violation
    [InlineData(0xE0434352, false, false, "Itself")] // unhandled exception
    [InlineData(1, false, false, "Itself")]
    [InlineData(0xC000013A, false, false, "Outside")] // Ctrl+C
    [InlineData(0x40010004, false, false, "Outside")] // the system ends
    [InlineData(0xFFFFFFFF, true, false, "Outside")] // Process.Kill
    [InlineData(0xC000013A, false, true, "Pool")]
    public void On_Windows_it_is_decided_from_the_exit_code(uint code, bool isGuess, bool byPool, string expected) =>
        Assert.Equal(expected, ExitAttribution.Of(new ExitStatus(unchecked((int)code), null) { IsGuess = isGuess }, byPool, outOfMemory: false).ToString());

    [Theory]
    [InlineData("SIGUSR1", 10, 30)]
    [InlineData("SIGUSR2", 12, 31)]
    [InlineData("SIGTERM", 15, 15)]
    public void A_signal_is_known_by_its_name_because_its_number_depends_on_the_system(string name, int linux, int bsd)
    {
        Assert.Equal(name, SignalNames.Of(linux, SignalNames.Linux));
        Assert.Equal(name, SignalNames.Of(bsd, SignalNames.Bsd));
        Assert.True(ExitAttribution.IsSentByOthers(name));
        Assert.False(ExitAttribution.IsSentByOthers(SignalNames.Of(10, SignalNames.Bsd))); // SIGBUS
    }
}
