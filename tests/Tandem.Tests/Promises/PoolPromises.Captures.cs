using System.Linq.Expressions;
using System.Text.Json;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

/// <content>What a lambda captures arrives, however its code refers to it, and stays one thing when several refer to it.</content>
public partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task Variables_that_only_an_expression_tree_names_arrive()
    {
        int min = 3;
        string[] names = ["a", "b"];
        int[] list = [1, 2, 3, 4, 5];
        Assert.Equal(2, await Pool.RunAsync(() => list.AsQueryable().Where(x => x > min).Count()));
        Assert.Equal(1, await Pool.RunAsync(() => list.AsQueryable().Count(x => Enumerable.Any(names, n => n.Length + min < x))));
        Assert.Equal(8, await Pool.RunAsync(() =>
        {
            Expression<Func<int, Expression<Func<int, int>>>> outer = a => b => a + b + min;
            return outer.Compile()(2).Compile()(3);
        }));
        Assert.Equal("Int32 min", await Pool.RunAsync(() =>
        {
            Expression<Func<int>> tree = () => min;
            return ((MemberExpression)tree.Body).Member.ToString();
        }));
        Assert.Equal(6, await Pool.RunAsync(async () =>
        {
            await Task.Yield();
            return list.AsQueryable().Select(x => x * min).First(x => x > min);
        }));
        Assert.Equal((int[])[9, 12, 15], await GenericAsync(list, min));

        async Task<T[]> GenericAsync<T>(T[] items, int from)
            where T : IComparable<T> => await Pool.RunAsync(() => items.AsQueryable().Where(x => x.CompareTo((T)(object)from) >= 0)
                .Select(x => (T)(object)((int)(object)x * from)).ToArray());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Everything_of_a_closure_arrives_that_its_objects_show()
    {
        int read = 1, unread = 2;
        Func<int> other = () => unread;
        Assert.Equal(3, await Pool.RunAsync(() =>
        {
            Func<int> inner = () => read;
            object target = inner.Target!;
            return target.GetType().GetFields().Where(f => f.FieldType == typeof(int)).Sum(f => (int)f.GetValue(target)!);
        }));
        Assert.Equal(2, await Pool.RunAsync(() =>
        {
            Expression<Func<int>> tree = () => read;
            object closure = ((ConstantExpression)((MemberExpression)tree.Body).Expression!).Value!;
            return (int)closure.GetType().GetFields().Single(f => f.Name == nameof(unread)).GetValue(closure)!;
        }));
        Assert.Equal(2, other());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Variables_arrive_however_code_uses_them()
    {
        int number = 3, total = 0;
        string text = "abc";
        Samples.Point point = new(3, 4);
        int[] array = [1, 2, 3];
        DateTime? moment = DateTime.UnixEpoch;

        Assert.Equal(4, await Pool.RunAsync(() => Interlocked.Increment(ref number)));
        Assert.Equal(Backend.CopiesValues ? 3 : 4, number);
        number = 3;
        Assert.Equal(7, await Pool.RunAsync(() => ByIn(in point)));
        Assert.Equal("3", await Pool.RunAsync(() => $"{number}"));
        Assert.Equal(3, await Pool.RunAsync(() => text.Length));
        Assert.Equal(1970, await Pool.RunAsync(() => moment?.Year));
        Assert.Equal(9, await Pool.RunAsync(() =>
        {
            ref int first = ref array[0];
            first += number;
            return array.Sum();
        }));
        array[0] = 1;
        Assert.Equal(6, await Pool.RunAsync(() =>
        {
            Add(1);
            Local();
            return total;

            void Local()
            {
                int extra = 1;
                Nested();

                void Nested() => total += extra + number + 1;
            }
        }));
        total = 0;
        Assert.Equal((int[])[3, 6, 9], await Pool.RunAsync(() => Times().ToArray()));
        Assert.Equal((List<int>)[3, 6, 9], await Pool.RunAsync(async () =>
        {
            List<int> found = [];
            await foreach (int value in TimesAsync())
                found.Add(value);

            return found;
        }));
        Assert.Equal(12, await Pool.RunAsync(() => TwiceAsync<int>(number)));
        Assert.Equal((3, "abc"), await Pool.RunAsync(() => new Func<Func<(int, string)>>(() => () => (number, text))()()));

        static int ByIn(in Samples.Point p) => p.X + p.Y;
        void Add(int value) => total += value;

        IEnumerable<int> Times()
        {
            foreach (int item in array)
                yield return item * number;
        }

        async IAsyncEnumerable<int> TimesAsync()
        {
            foreach (int item in array)
            {
                await Task.Yield();
                yield return item * number;
            }
        }

        async Task<T> TwiceAsync<T>(int value)
            where T : struct
        {
            await Task.Yield();
            return (T)(object)(2 * (value + number));
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Captured_anonymous_objects_arrive_whole()
    {
        var order = new { Id = 42, Name = "lamp", Lines = new[] { new { Price = 1.5m } } };
        string json = """{"Id":42,"Name":"lamp","Lines":[{"Price":1.5}]}""";
        var rows = (from n in Enumerable.Range(1, 3) select new { n, Square = n * n }).ToList();
        var same = new { Id = 1 };
        object boxed = new { Id = 1 };

        Assert.Equal(json, await Pool.RunAsync(() => JsonSerializer.Serialize(order)));
        Assert.Equal(42, await Pool.RunAsync(() => order.Id));
        Assert.StartsWith("{ Id = 42, Name = lamp", await Pool.RunAsync(() => $"{order}"), StringComparison.Ordinal);
        Assert.True(await Pool.RunAsync(() => same.Equals(boxed) && same.GetHashCode() == boxed.GetHashCode()));
        Assert.Equal(Backend.CopiesValues, !ReferenceEquals(order, await Pool.RunAsync(() => order)));
        Assert.Equal(json, JsonSerializer.Serialize(await Pool.RunAsync(() => order)));
        Assert.Equal("lamp", await Pool.RunAsync(order.ToString) is { } text && text.Contains("lamp", StringComparison.Ordinal) ? "lamp" : "");

        List<string> seen = [];
        foreach (var row in rows)
            seen.Add(await Pool.RunAsync(() => row.ToString()!));

        Assert.Equal(["{ n = 1, Square = 1 }", "{ n = 2, Square = 4 }", "{ n = 3, Square = 9 }"], seen);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Other_types_that_the_compiler_makes_arrive_whole()
    {
        IReadOnlyList<int> items = [1, 2, 3];
        IEnumerable<string> one = ["x"];
        var file = new FileLocal(3) { Name = "n" };
        IEnumerable<int> squares = Squares(4);
        var tuple = (file, items);

        Assert.Equal(6, await Pool.RunAsync(() => items.Sum()));
        Assert.Equal("x", await Pool.RunAsync(() => one.Single()));
        Assert.Equal("FileLocal { Size = 3, Name = n }", await Pool.RunAsync(() => file.ToString()));
        Assert.Equal((int[])[1, 4, 9, 16], await Pool.RunAsync(() => squares.ToArray()));
        Assert.Equal((int[])[1, 4, 9, 16], await Pool.RunAsync(() => squares.Concat([]).ToArray()));
        Assert.Equal(6, await Pool.RunAsync(() => tuple.file.Size + tuple.items.Count));

        static IEnumerable<int> Squares(int count)
        {
            int factor = 1;
            Func<int, int> square = x => x * x * factor;
            for (int i = 1; i <= count; i++)
                yield return square(i);
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Lambdas_that_share_a_variable_see_each_others_writes()
    {
        int count = 0, unused = 7;
        Action increment = () => count++;
        Func<int> get = () => count;
        Func<int> both = () => count + unused;
        List<Action> actions = [increment, increment];
        var holder = new { Increment = increment, Get = get };

        Assert.Equal(2, await FreshAsync(() =>
        {
            increment();
            increment();
            return get();
        }));
        Assert.Equal(9, await FreshAsync(() =>
        {
            foreach (Action action in actions)
                action();
            return both();
        }));
        Assert.Equal((1, 1), await FreshAsync(() =>
        {
            holder.Increment();
            return (holder.Get(), count);
        }));
        Assert.Equal(8, await FreshArgumentAsync(get, static (get, _) => get() + 8));

        // Inner closures over one outer one.
        List<Func<int>> steps = [];
        for (int i = 1; i <= 3; i++)
        {
            int step = i;
            steps.Add(() => count += step);
        }

        Assert.Equal(6, await FreshAsync(() =>
        {
            foreach (Func<int> step in steps)
                step();
            return count;
        }));

        Task<T> FreshAsync<T>(Func<T> work)
        {
            count = 0;
            return Pool.RunAsync(work);
        }

        Task<T> FreshArgumentAsync<TArgument, T>(TArgument argument, Func<TArgument, CancellationToken, T> work)
        {
            count = 0;
            return Pool.RunAsync(work, argument);
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Objects_and_lambdas_that_hold_each_other_arrive()
    {
        Func<int, int> factorial = null!;
        factorial = n => n <= 1 ? 1 : n * factorial(n - 1);
        Assert.Equal(120, await Pool.RunAsync(() => factorial(5)));
        Assert.Equal(120, await Pool.RunAsync(static (f, _) => f(5), factorial));
        Func<int, int>[] list = [factorial, factorial];
        Assert.True(await Pool.RunAsync(() => ReferenceEquals(list[0], list[1]) && list[0](3) == 6));

        Func<int, bool> even = null!, odd = null!;
        even = n => n == 0 || odd(n - 1);
        odd = n => n != 0 && even(n - 1);
        Assert.True(await Pool.RunAsync(() => even(10)));
        Assert.True(await Pool.RunAsync(static (f, _) => f(10), even));
        Func<int, bool> arrived = await Pool.RunAsync(() => even);
        Assert.True(arrived(10));

        var node = new Samples.SelfHolder();
        node.Action = () => node.Count++;
        node.Own = node.Next;
        Assert.Equal((2, 3), await Pool.RunAsync(() =>
        {
            node.Action();
            node.Action();
            return (node.Count, node.Own());
        }));
        node.Count = 0;
        Assert.Equal(1, await Pool.RunAsync(node.Own));
        node.Count = 0;
        Assert.Equal(1, await Pool.RunAsync(static (own, _) => own(), node.Own));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_delegate_of_several_methods_runs_all_of_them()
    {
        Trail trail = NewTrail();
        Action both = () => trail.Add("first");
        both += () => trail.Add("second");
        await Pool.RunAsync(both);
        Assert.Equal(["first", "second"], trail.Names.Order());
        both += () => trail.Add("third");
        await Pool.RunAsync(() => both());
        Assert.Equal(["first", "second", "third"], trail.Names.Order());

        int sum = 0;
        Action<int> adds = x => sum += x;
        adds += x => sum += 10 * x;
        Assert.Equal(22, await Pool.RunAsync(() =>
        {
            adds(2);
            return sum;
        }));
        Func<int> last = () => 1;
        last += () => 2;
        Assert.Equal(2, await Pool.RunAsync(last));
        Assert.Equal(2, (await Pool.RunAsync(() => last)).GetInvocationList().Length);
        Assert.Equal((List<int>)[2, 2], await Pool.MapAsync([1, 2], (Func<int, int>)(_ => last())).ToListAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task What_other_lambdas_of_the_scope_capture_stays_behind()
    {
        using var reader = new StringReader("a");
        int used = 1, other = 5;
        Func<int> reads = () => reader.Peek() + other;
        Func<int> adds = () => used + 1;
        Assert.Equal(1, await Pool.RunAsync(() => used));
        Assert.Equal(3, await Pool.RunAsync(() => adds() + used));
        Assert.Equal('a' + 5, reads());

        if (Backend.CopiesValues)
        {
            WorkSerializationException refused = Assert.Throws<WorkSerializationException>(() => { _ = Pool.RunAsync(() => reads()); });
            Assert.Equal("reads.reader", refused.Path);
        }
    }

}

file sealed record FileLocal(int Size)
{
    public string? Name { get; init; }
}
