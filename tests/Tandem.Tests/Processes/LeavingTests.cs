using Tandem.Processes;

namespace Tandem.Tests.Processes;

/// <summary>Why a worker process leaves its pool, and what follows from it.</summary>
public sealed class LeavingTests
{
    private static readonly LeavingCause[] Causes = Enum.GetValues<LeavingCause>();

    [Fact]
    public void Of_two_causes_the_later_one_of_the_list_holds_whichever_was_first()
    {
        foreach (LeavingCause one in Causes)
        {
            foreach (LeavingCause other in Causes)
                Assert.Equal(one > other ? one : other, default(Leaving).Then(one, "first").Then(other, "second").Cause);
        }
    }

    [Fact]
    public void Of_the_same_cause_the_first_detail_stays() =>
        Assert.Equal("first", default(Leaving).Then(LeavingCause.NotReady, "first").Then(LeavingCause.NotReady, "second").Detail);

    [Fact]
    public void A_worker_that_was_killed_says_why_and_others_do_not()
    {
        LeavingCause[] kills = [LeavingCause.BrokeProtocol, LeavingCause.NotReady, LeavingCause.KilledForItem, LeavingCause.KilledAsSilent];
        Assert.All(Causes, cause => Assert.Equal(kills.Contains(cause) ? "why" : null, default(Leaving).Then(cause, "why").KillReason));
    }

    [Fact]
    public void An_exit_is_a_crash_unless_it_was_asked_for_or_reported_as_a_kill()
    {
        LeavingCause[] crashes = [LeavingCause.None, LeavingCause.Due, LeavingCause.BrokeProtocol, LeavingCause.NotReady];
        Assert.All(Causes, cause =>
        {
            Leaving leaving = default(Leaving).Then(cause, "why");
            Assert.Equal(crashes.Contains(cause), !leaving.IsExpected && !leaving.IsReported);
        });
    }

    [Fact]
    public void A_worker_is_due_until_something_else_ends_it() =>
        Assert.All(Causes, static cause => Assert.Equal(cause <= LeavingCause.Due, default(Leaving).Then(LeavingCause.Due, "old").Then(cause, "").IsDue));
}
