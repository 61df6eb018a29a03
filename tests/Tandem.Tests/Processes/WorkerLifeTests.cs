using Tandem.Processes;

namespace Tandem.Tests.Processes;

/// <summary>Which states of a worker process may follow which.</summary>
public sealed class WorkerLifeTests
{
    // Row by row as in docs/architecture.md: x where the state of the row may become the state of the column.
    private const string Table = """
                  Starting  Idle  Busy  Draining  Killing  Dead
        Starting      -      x     -       x         x      x
        Idle          -      x     x       x         x      -
        Busy          -      x     x       x         x      -
        Draining      -      -     -       x         x      x
        Killing       -      -     -       -         x      x
        Dead          -      -     -       -         -      -
        """;

    public static TheoryData<WorkerState, WorkerState, bool> Pairs()
    {
        var pairs = new TheoryData<WorkerState, WorkerState, bool>();
        string[][] rows = [.. Table.Split('\n').Select(static line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))];
        foreach (string[] row in rows.Skip(1))
        {
            for (int i = 0; i < rows[0].Length; i++)
                pairs.Add(Enum.Parse<WorkerState>(row[0]), Enum.Parse<WorkerState>(rows[0][i]), row[i + 1] == "x");
        }

        return pairs;
    }

    [Fact]
    public void The_table_has_every_pair_of_states() => Assert.Equal(Enum.GetValues<WorkerState>().Length * Enum.GetValues<WorkerState>().Length, Pairs().Count);

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_state_is_followed_by_those_that_the_table_allows(WorkerState from, WorkerState to, bool isAllowed) =>
        Assert.Equal(isAllowed, WorkerLife.IsAllowed(from, to));

    /// <summary>As WorkerState promises to users: down the list, except between idle and busy.</summary>
    [Theory]
    [MemberData(nameof(Pairs))]
    public void No_state_is_followed_by_an_earlier_one_but_busy_by_idle(WorkerState from, WorkerState to, bool isAllowed) =>
        Assert.True(!isAllowed || to >= from || (from, to) == (WorkerState.Busy, WorkerState.Idle));

    [Fact]
    public void Every_state_can_be_reached_and_ends_dead()
    {
        WorkerState[] all = Enum.GetValues<WorkerState>();
        Assert.All(all.Skip(1), state => Assert.True(Reaches(WorkerState.Starting, state)));
        Assert.All(all.SkipLast(1), static state => Assert.True(Reaches(state, WorkerState.Dead)));

        static bool Reaches(WorkerState from, WorkerState to) => WorkerLife.IsAllowed(from, to)
            || Enum.GetValues<WorkerState>().Any(next => next > from && WorkerLife.IsAllowed(from, next) && Reaches(next, to));
    }

    [Fact]
    public void A_worker_is_up_between_its_start_and_its_end()
    {
        var life = new WorkerLife();
        Assert.Equal((WorkerState.Starting, false, false), (life.State, life.IsUp, life.IsLost));
        foreach ((WorkerState next, bool isUp, bool isLost) in ((WorkerState, bool, bool)[])
            [(WorkerState.Idle, true, false), (WorkerState.Busy, true, false), (WorkerState.Draining, false, false), (WorkerState.Killing, false, true), (WorkerState.Dead, false, true)])
        {
            life.MoveTo(next);
            Assert.Equal((next, isUp, isLost), (life.State, life.IsUp, life.IsLost));
        }
    }
}
