using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task Work_runs_where_the_isolation_says()
    {
        int worker = await Pool.RunAsync(static () => Environment.ProcessId);

        Assert.Equal(Backend.Isolation == Isolation.Thread, worker == Environment.ProcessId);
        Assert.Equal(Backend.Isolation, Pool.Isolation);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Every_delegate_type_of_work_runs()
    {
        Trail trail = NewTrail();

        await Pool.RunAsync(() => trail.Add("action"));
        await Pool.RunAsync(async () =>
        {
            await Task.Yield();
            trail.Add("task");
        });
        await Pool.RunAsync((CancellationToken _) => trail.Add("action of token"));
        await Pool.RunAsync(async (CancellationToken token) =>
        {
            await Task.Delay(1, token);
            trail.Add("task of token");
        });
        await Pool.RunAsync(static (trail, _) => trail.Add("action of argument"), trail);
        await Pool.RunAsync(
            static async (trail, token) =>
            {
                await Task.Delay(1, token);
                trail.Add("task of argument");
            },
            trail);

        Assert.Equal(["action", "action of argument", "action of token", "task", "task of argument", "task of token"], trail.Names);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Every_delegate_type_of_work_gives_its_result()
    {
        int seven = 7;

        Assert.Equal(8, await Pool.RunAsync(() => seven + 1));
        Assert.Equal(9, await Pool.RunAsync(async () =>
        {
            await Task.Yield();
            return seven + 2;
        }));
        Assert.Equal(10, await Pool.RunAsync((CancellationToken token) => token.IsCancellationRequested ? 0 : seven + 3));
        Assert.Equal(11, await Pool.RunAsync(async (CancellationToken token) =>
        {
            await Task.Delay(1, token);
            return seven + 4;
        }));
        Assert.Equal(12, await Pool.RunAsync(static (number, _) => number + 5, seven));
        Assert.Equal(13, await Pool.RunAsync(
            static async (number, token) =>
            {
                await Task.Delay(1, token);
                return number + 6;
            },
            seven));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_pool_with_a_state_has_the_same_forms()
    {
        await using WorkerPool<int> pool = WorkerPool.Create(Backend.Options(1), static () => 40);
        int[] items = [1, 2];

        Assert.Equal(41, await pool.RunAsync(static state => state + 1));
        Assert.Equal(42, await pool.RunAsync(static async (state, token) => await LaterAsync(state + 2, token)));
        Assert.Equal(43, await pool.RunAsync(static state => new ValueTask<int>(state + 3)));
        Assert.Equal(44, await pool.RunAsync(static (state, number, _) => state + number, 4));
        Assert.Equal(45, await pool.RunAsync(static async (state, number, token) => await LaterAsync(state + number, token), 5));
        Assert.Equal(46, await pool.RunAsync(static (state, number, _) => new ValueTask<int>(state + number), 6));

        List<int>[] results =
        [
            await pool.MapAsync(items, static (state, item) => state + item).ToListAsync(),
            await pool.MapAsync(items, static async (state, item) => await LaterAsync(state + item, default)).ToListAsync(),
            await pool.MapAsync(items, static (state, item) => new ValueTask<int>(state + item)).ToListAsync(),
            await pool.MapAsync(items, static (state, item, _) => state + item).ToListAsync(),
            await pool.MapAsync(items.ToAsyncEnumerable(), static async (state, item, token) => await LaterAsync(state + item, token)).ToListAsync(),
            await pool.MapAsync(items.ToAsyncEnumerable(), static (state, item, _) => new ValueTask<int>(state + item)).ToListAsync(),
            await pool.MapResultsAsync(items, static async (state, item) => await LaterAsync(state + item, default)).Select(static one => one.Value).ToListAsync(),
        ];
        Assert.All(results, static result => Assert.Equal([41, 42], result));

        Trail trail = NewTrail();
        await pool.RunAsync((state, number, _) => trail.Add($"run {state + number}"), 1);
        await pool.ForEachAsync([1], (state, item) => trail.Add($"action {state + item}"));
        await pool.ForEachAsync([2], (state, item, _) => trail.Add($"action of token {state + item}"));
        await pool.ForEachAsync([3], async (state, item) =>
        {
            await Task.Yield();
            trail.Add($"task {state + item}");
        });
        await pool.ForEachAsync([4], async (state, item, token) =>
        {
            await LaterAsync(state, token);
            trail.Add($"task of token {state + item}");
        });
        await pool.ForEachAsync([5], (state, item) => new ValueTask(Task.Run(() => trail.Add($"value task {state + item}"))));
        Assert.Equal(
            ["action 41", "action of token 42", "run 41", "task 43", "task of token 44", "value task 45"], trail.Names);

        static async Task<int> LaterAsync(int result, CancellationToken token)
        {
            await Task.Delay(1, token);
            return result;
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Stopping_can_be_left_to_the_background()
    {
        Gate started = NewGate(), end = NewGate();
        WorkerPool pool = Backend.Create(1, static options => options.CancellationGrace = Timeout.InfiniteTimeSpan);
        Task running = pool.RunAsync(() =>
        {
            started.Open();
            end.Pass();
        });
        await started.OpenedAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pool.StopAsync(new CancellationToken(canceled: true)));

        end.Open();
        await pool.StopAsync();
        await running.ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Local_functions_run()
    {
        int offset = 5;
        int Capturing() => offset * 2;
        static int Static() => 3;
        static T[] Generic<T>() => [default!, default!];

        Assert.Equal(10, await Pool.RunAsync(Capturing));
        Assert.Equal(3, await Pool.RunAsync(Static));
        Assert.Equal(new long[2], await Pool.RunAsync(Generic<long>));
        Assert.Equal(11, await Pool.RunAsync(() => Capturing() + 1));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Method_groups_run()
    {
        var counter = new Samples.Counter(40);
        Samples.Shape circle = new Samples.Circle(2);
        List<int> list = [1, 2, 3];
        Func<int> inner = static () => 77;

        Assert.Equal("static", await Pool.RunAsync(Samples.StaticMethod));
        Assert.Equal(41, await Pool.RunAsync(counter.Next));
        Assert.Equal("circle of 2", await Pool.RunAsync(circle.Describe));
        Assert.Equal(6, await Pool.RunAsync(list.Sum)); // an extension method: closed over its first argument
        Assert.Equal("5", await Pool.RunAsync(5.ToString));
        Assert.Equal(77, await Pool.RunAsync(inner.Invoke));
        Assert.Equal("generic Int32 String", await Pool.RunAsync(Samples.Generic<int>.Describe<string>));
        Assert.Equal("instance Int32 8", await Pool.RunAsync(new Samples.Generic<int>(8).Instance));
        Assert.Equal("explicit", await Pool.RunAsync(((Samples.INamed)counter).Name));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Lambdas_of_generic_methods_in_generic_classes_run()
    {
        Assert.Equal(("Guid", "a:b"), await Samples.Generic<Guid>.RunLambdaAsync(Pool, "a", "b"));
        Assert.Equal(("Int32", "1:2"), await Samples.Generic<int>.RunLambdaAsync(Pool, 1, 2));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Variables_of_nested_scopes_travel()
    {
        int outer = 1;
        List<Task<int>> tasks = [];
        for (int i = 0; i < 3; i++)
        {
            int middle = i * 10;
            if (middle >= 0)
            {
                int inner = middle + 100;
                tasks.Add(Pool.RunAsync(() => outer + middle + inner));
            }
        }

        int[] sums = await Task.WhenAll(tasks);
        Assert.Equal([101, 121, 141], sums);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_captured_this_travels()
    {
        var holder = new Samples.Holder { Value = 3 };

        Assert.Equal(3, await holder.ReadAsync(Pool));
        Assert.Equal(13, await holder.ReadPlusAsync(Pool, 10));
        Assert.Equal(4, await holder.ReadByLocalFunctionAsync(Pool));
        Assert.Equal("base of 3", await holder.ReadByBaseAsync(Pool));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Code_that_the_compiler_takes_apart_runs()
    {
        int factor = 3;
        int[] numbers = [1, 2, 3];

        Assert.Equal(new[] { 3, 6, 9 }, await Pool.RunAsync(() => numbers.Select(n => n * factor).ToArray()));
        Assert.Equal(18, await Pool.RunAsync(() =>
        {
            IEnumerable<int> Scaled()
            {
                foreach (int n in numbers)
                    yield return n * factor;
            }

            return Scaled().Sum();
        }));
        Assert.Equal(9, await Pool.RunAsync(async () =>
        {
            int sum = 0;
            await foreach (int n in Samples.CountAsync(factor + 1))
                sum += n;

            return sum + await Task.FromResult(factor);
        }));
        Assert.Equal(12, await Pool.RunAsync(() =>
        {
            int local = factor;
            Func<int, int> closure = n => n * local + factor;
            return closure(factor);
        }));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_captured_delegate_travels()
    {
        int offset = 4;
        Func<int, int> add = n => n + offset;
        Func<int, int> twice = n => add(add(n));

        Assert.Equal(9, await Pool.RunAsync(() => twice(1)));
        Assert.Equal(5, await Pool.RunAsync(static (function, _) => function(1), add));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Only_the_captured_values_that_the_lambda_reads_travel()
    {
        using var stream = new LocalMemoryStream([1, 2, 3]);
        int needed = 5;
        long Untouched() => stream.Length; // shares its closure object with the lambda

        Assert.Equal(6, await Pool.RunAsync(() => needed + 1));
        Assert.Equal(3, Untouched());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task What_the_work_writes_into_captured_values_comes_back_from_threads_only()
    {
        int number = 1;
        List<int> list = [1];

        await Pool.RunAsync(() =>
        {
            number++;
            list.Add(2);
        });

        Assert.Equal(Backend.CopiesValues ? 1 : 2, number);
        Assert.Equal(Backend.CopiesValues ? 1 : 2, list.Count);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_values_are_those_of_the_moment_of_the_call()
    {
        Gate gate = NewGate();
        int[] numbers = [1, 2];

        Task<int> sum = Pool.RunAsync(static (input, _) =>
        {
            input.gate.Pass();
            return input.numbers.Sum();
        }, (gate, numbers));
        numbers[0] = 100;
        gate.Open();

        Assert.Equal(Backend.CopiesValues ? 3 : 102, await sum);
    }
}
