using CsCheck;
using Tandem.Processes;

namespace Tandem.Tests.Processes;

/// <summary>
/// A pool's workers as numbers: they start, get ready, work, become due, crash and end in any order, while the pool is resized. The
/// decisions are those of the real pool.
/// </summary>
public sealed class StaffingTests
{
    private const int Steps = 60;
    private const int Iterations = 20_000;

    [Fact]
    public void Whatever_happens_a_pool_at_rest_has_the_workers_that_it_should_have() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[0, 3], Gen.Int[0, 9].Array[Steps])
            .Sample((limit, spares, steps) =>
            {
                var model = new Model(limit, spares);
                foreach (int step in steps)
                    model.Step(step);

                model.Rest();
                return model.IsAsPromised;
            }, iter: Iterations);

    [Fact]
    public void Never_more_workers_have_items_than_the_pool_may_have() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[0, 3], Gen.Int[0, 9].Array[Steps])
            .Sample((limit, spares, steps) =>
            {
                var model = new Model(limit, spares);
                // Without a change of the limit, and without those that are due, which go on until their successors are there.
                return steps.Where(static step => step is not (Model.Resize or Model.BecomeDue)).All(step =>
                {
                    model.Step(step);
                    return model.AtWork <= limit;
                });
            }, iter: Iterations);

    [Fact]
    public void A_worker_on_its_last_item_has_its_successor_started_but_not_at_work()
    {
        StaffingPlan plan = StaffingPlan.For(new WorkerCounts { Spent = 2 }, wanted: 2, limit: 2, spares: 0);
        Assert.Equal(new StaffingPlan(0, 0, 0, 0, 2), plan);

        plan = StaffingPlan.For(new WorkerCounts { Spent = 2, Spare = 2 }, wanted: 2, limit: 2, spares: 0);
        Assert.Equal(new StaffingPlan(0, 0, 0, 0, 0), plan);

        plan = StaffingPlan.For(new WorkerCounts { Spent = 1, Spare = 2 }, wanted: 2, limit: 2, spares: 0);
        Assert.Equal(new StaffingPlan(1, 0, 0, 0, 0), plan);
    }

    [Fact]
    public void Workers_that_start_while_the_pool_becomes_smaller_do_not_stay()
    {
        StaffingPlan plan = StaffingPlan.For(new WorkerCounts { Serving = 1, Spare = 5 }, wanted: 1, limit: 1, spares: 0);
        Assert.Equal(5, plan.RetireSpares);

        plan = StaffingPlan.For(new WorkerCounts { Starting = 6 }, wanted: 1, limit: 1, spares: 0);
        Assert.Equal(-5, plan.Start);
    }

    private sealed class Model(int limit, int spares)
    {
        internal const int Resize = 0;
        internal const int BecomeDue = 5;

        private WorkerCounts _now;
        private int _limit = limit;
        private int _wanted;
        private int _turn;

        internal int AtWork => _now.Serving + _now.Spent;

        internal bool IsAsPromised => _now is { Starting: 0, Due: 0, Spent: 0 } && _now.Serving == _wanted && _now.Serving <= _limit && _now.Spare == (_wanted > 0 ? spares : _now.Spare) && _now.Spare <= spares;

        internal void Step(int step)
        {
            _turn++;
            switch (step)
            {
                case Resize:
                    _limit = 1 + _turn % 6;
                    _wanted = Math.Min(_wanted, _limit);
                    break;
                case 1 or 2:
                    // Items come.
                    _wanted = Math.Max(_wanted, Math.Min(_limit, _now.Serving + 1 + _turn % 4));
                    break;
                case 3 or 4:
                    GetReady();
                    break;
                case BecomeDue when _now.Serving > 0:
                    _now.Serving--;
                    _now.Due++;
                    break;
                case 6 when _now.Serving > 0:
                    _now.Serving--;
                    _now.Spent++;
                    break;
                case 7 when _now.Spent > 0:
                    _now.Spent--;
                    break;
                case 8 when _now.Serving > 0:
                    _now.Serving--; // a crash
                    break;
                case 9 when _now.Starting > 0:
                    _now.Starting--; // killed
                    break;
            }

            Balance();
        }

        internal void Rest()
        {
            for (int i = 0; i < 200; i++)
            {
                _now.Spent = Math.Max(0, _now.Spent - 1);
                Balance();
                GetReady();
                Balance();
            }
        }

        private void GetReady()
        {
            if (_now.Starting == 0)
                return;

            _now.Starting--;
            if (_now.Serving + _now.Spent >= _wanted)
                _now.Spare++;
            else
                _now.Serving++;
        }

        private void Balance()
        {
            StaffingPlan plan = StaffingPlan.For(_now, _wanted, _limit, spares);
            _now.Spare -= plan.Promote + plan.RetireSpares;
            _now.Serving += plan.Promote - plan.RetireServing;
            _now.Due -= plan.RetireDue;
            _now.Starting += plan.Start;
            Assert.True(_now is { Spare: >= 0, Serving: >= 0, Due: >= 0, Starting: >= 0 }, "More workers were ended than there are.");
        }
    }
}
