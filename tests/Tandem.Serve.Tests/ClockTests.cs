using Tandem.Serve.Os;
using Tandem.Serve.Protocol;
using Tandem.Serve.Worker;
using Tandem.Serve.Workers;

namespace Tandem.Serve.Tests;

/// <summary>What the supervisor and its workers decide by the clock. In time that the test makes.</summary>
public sealed class ClockTests
{
    private const int Entry = 1;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();

    public ClockTests() => _time.Advance(TimeSpan.FromHours(1));

    [Fact]
    public void The_board_and_the_system_measure_the_same_milliseconds()
    {
        long before = Environment.TickCount64;
        long now = TimeProvider.System.GetMilliseconds();
        Assert.InRange(now, before, Environment.TickCount64 + 1000); // TickCount64 is a coarser reading, and may be behind
    }

    [Fact]
    public void A_start_is_delayed_until_the_longest_delay_is_over()
    {
        var delay = new StartDelay(_time);
        Assert.True(delay.IsOver);
        delay.Extend(10 * Second);
        delay.Extend(5 * Second);
        _time.Advance(9 * Second);
        Assert.False(delay.IsOver);
        _time.Advance(1 * Second);
        Assert.True(delay.IsOver);

        delay.Extend(10 * Second);
        delay.Clear();
        Assert.True(delay.IsOver);
    }

    [Fact]
    public void A_slot_shows_when_its_worker_was_replaced_and_when_the_next_one_is_started()
    {
        var slot = new Slot(1, null!, Options());
        slot.Note("first");
        _time.Advance(Second);
        slot.Note("second");
        Assert.Equal(["first", "second"], slot.Notes.Select(static note => note.Reason));
        Assert.Equal(Second, slot.Notes[1].Time - slot.Notes[0].Time);
        Assert.Equal(_time.GetUtcNow(), slot.Notes[1].Time);
        Assert.Null(slot.NextAttempt);
        slot.NextAttempt = _time.GetUtcNow() + Second;
        Assert.Equal(_time.GetUtcNow() + Second, slot.NextAttempt);
    }

    [Fact]
    public void A_slot_backs_off_by_the_clock_of_its_options()
    {
        ServeOptions options = Options();
        var slot = new Slot(1, null!, options);
        for (int i = 0; i < options.RestartLimit; i++)
            slot.Crashes.OnEnded(TimeSpan.FromMinutes(1), wasKilled: false);
        Assert.NotNull(slot.Crashes.Describe());
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Null(slot.Crashes.Describe());
    }

    [Fact]
    public void A_worker_counts_as_accepting_until_its_heartbeat_is_long_ago()
    {
        using var board = Board.Create(_time);
        board.Used = 2;
        (board[Entry].Id, board[Entry].State, board[Entry].AliveAt) = (17, (long)WebWorkerState.Accepting, _time.GetMilliseconds());
        _time.Advance(4 * Second);
        Assert.True(board.IsAccepting(Entry));
        Assert.True(board.Accepts(17));
        Assert.Equal(17, board.ChooseFor(1));
        _time.Advance(1 * Second);
        Assert.False(board.IsAccepting(Entry));
        Assert.False(board.Accepts(17));
        Assert.Equal(0, board.ChooseFor(1));
    }

    [Fact]
    public void A_HUP_means_the_end_of_the_terminal_only_near_that_end()
    {
        bool isThere = true;
        var terminal = new ControllingTerminal(_time, () => isThere);
        Assert.Equal(TerminalState.Unchanged, terminal.Poll());
        Assert.False(terminal.IsHangUp());
        _time.Advance(6 * Second); // the HUP was long before
        isThere = false;
        Assert.Equal(TerminalState.Unchanged, terminal.Poll()); // it may still come
        Assert.True(terminal.IsHangUp());
        _time.Advance(5 * Second);
        Assert.Equal(TerminalState.Gone, terminal.Poll());
        Assert.Equal(TerminalState.Unchanged, terminal.Poll());
        Assert.False(terminal.IsHangUp()); // this one is a person's
    }

    [Fact]
    public void A_HUP_that_came_a_moment_before_the_terminal_was_gone_belongs_to_its_end()
    {
        bool isThere = true;
        var terminal = new ControllingTerminal(_time, () => isThere);
        Assert.False(terminal.IsHangUp());
        _time.Advance(4 * Second);
        isThere = false;
        Assert.Equal(TerminalState.HungUp, terminal.Poll());
        Assert.Equal(TerminalState.Unchanged, terminal.Poll());
    }

    [Fact]
    public void A_server_without_a_terminal_has_none_that_could_be_closed()
    {
        var terminal = new ControllingTerminal(_time, static () => false);
        _time.Advance(10 * Second);
        Assert.Equal(TerminalState.Unchanged, terminal.Poll());
        Assert.False(terminal.IsHangUp());
    }

    [Theory]
    [InlineData(1000, 1)] // 100 requests in a second: half of the limit is 5 s before it
    [InlineData(1000, 100)]
    [InlineData(7, 3)]
    [InlineData(1, 1)]
    public void The_successor_is_asked_for_before_the_limit_and_the_limit_is_exact(int most, int requestsInASecond)
    {
        using var board = Board.Create(_time);
        long nearlyDueAt = 0, dueAt = 0;
        var quota = new RequestQuota(
            new PublishedState(board, Entry), most, () => nearlyDueAt += board[Entry].Requests, () => dueAt += board[Entry].Requests, _time);
        for (int i = 0; i < 5; i++)
            quota.Count(); // requests of the start do not count

        quota.Begin();
        for (int i = 0; i < 3 * most; i++)
        {
            _time.Advance(Second / requestsInASecond);
            quota.Count();
        }

        Assert.Equal(most + 5, dueAt);
        if (most >= 7)
        {
            Assert.InRange(nearlyDueAt, 6, dueAt - 1);
            double secondsAhead = (double)(dueAt - nearlyDueAt) / requestsInASecond;
            Assert.InRange(secondsAhead, 0, 10);
        }
    }

    [Fact]
    public void A_worker_without_a_limit_is_never_due()
    {
        using var board = Board.Create(_time);
        var quota = new RequestQuota(new PublishedState(board, Entry), 0, () => Assert.Fail("nearly due"), () => Assert.Fail("due"), _time);
        quota.Begin();
        for (int i = 0; i < 1000; i++)
            quota.Count();

        Assert.Equal(1000, board[Entry].Requests);
    }

    [Fact]
    public void A_worker_lets_others_go_first_if_connections_are_kept_and_not_if_they_are_short()
    {
        using var board = Board.Create(_time);
        board.Used = 3;
        (board[2].State, board[2].Connections) = ((long)WebWorkerState.Accepting, 3);
        var balance = new ConnectionBalance(board, new PublishedState(board, Entry), Entry, _time);
        for (int i = 0; i < 16; i++)
            balance.OnOpened();
        Assert.Equal(13, balance.Lead);

        for (int i = 0; i < 16; i++)
        {
            balance.OnOpened();
            balance.OnClosed();
        }

        Assert.Equal(0, balance.Lead);
        _time.Advance(Second); // that was then
        Assert.Equal(13, balance.Lead);
    }

    [Fact]
    public void A_worker_drains_once_and_its_time_counts_from_then()
    {
        var state = new DrainState(_time);
        Assert.False(state.HasLasted(0));
        Assert.True(state.TryBegin());
        _time.Advance(10 * Second);
        Assert.False(state.TryBegin());
        Assert.True(state.IsDraining);
        Assert.False(state.HasLasted(10_000));
        _time.Advance(Second);
        Assert.True(state.HasLasted(10_000));
    }

    [Fact]
    public void A_worker_that_is_told_to_stop_at_once_has_no_time_limit_of_its_own()
    {
        var state = new DrainState(_time);
        state.Skip();
        _time.Advance(TimeSpan.FromDays(1));
        Assert.True(state.IsDraining);
        Assert.False(state.HasLasted(0));
    }

    private ServeOptions Options() => new() { Command = ["app.dll"], TimeProvider = _time };
}
