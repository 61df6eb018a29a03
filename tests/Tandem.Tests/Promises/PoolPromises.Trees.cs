using System.Linq.Expressions;
using System.Reflection;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

/// <content>Expression trees and queries that work captures, gets or returns, and the members that they name.</content>
public partial class PoolPromises
{
    private static readonly Func<int, int> Twice = static x => x * 2;

    [Fact(Timeout = Limits.Test)]
    public async Task A_captured_expression_tree_runs_as_it_does_at_the_caller()
    {
        foreach ((string text, Expression<Func<TreeItem, object?>> tree) in Trees())
        {
            var item = new TreeItem { Id = 7, Name = "seven", Tags = ["x", "yy"] };
            string local = Show(tree.Compile()(item));
            Assert.Equal((text, local), (text, await Pool.RunAsync(() => Show(tree.Compile()(item)))));
            Assert.Equal((text, local), (text, await Pool.RunAsync(() => Show(tree.Compile(preferInterpretation: true)(item)))));
            Assert.Equal(tree.ToString(), await Pool.RunAsync(() => tree.ToString()));
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_expression_tree_is_an_argument_and_a_result()
    {
        int min = 4;
        Expression<Func<int, bool>> tree = x => x > min;
        Expression<Func<int, bool>> returned = await Pool.RunAsync(static (t, _) => t, tree);
        Assert.True(returned.Compile()(5));
        Assert.False(returned.Compile()(4));

        Expression<Func<int, int>> made = await Pool.RunAsync(() => MakeTree(min));
        Assert.Equal(9, made.Compile()(5));
        Assert.Equal((string[])["True", "False"], await Pool.RunAsync(() => new[] { tree, x => x < min }.Select(t => t.Compile()(9).ToString()).ToArray()));

        static Expression<Func<int, int>> MakeTree(int added) => x => x + added;
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_tree_that_was_made_by_hand_runs()
    {
        ParameterExpression item = Expression.Parameter(typeof(TreeItem), "i");
        ParameterExpression total = Expression.Variable(typeof(int), "total");
        LabelTarget end = Expression.Label(typeof(int));
        Expression<Func<TreeItem, int>> loop = Expression.Lambda<Func<TreeItem, int>>(
            Expression.Block(
                [total],
                Expression.Loop(
                    Expression.IfThenElse(
                        Expression.GreaterThan(total, Expression.Property(item, nameof(TreeItem.Id))),
                        Expression.Break(end, total),
                        Expression.TryFinally(Expression.PreIncrementAssign(total), Expression.Empty())),
                    end)),
            item);
        Assert.Equal(8, await Pool.RunAsync(() => loop.Compile()(new TreeItem { Id = 7 })));

        Expression<Func<TreeItem, string>> choose = Expression.Lambda<Func<TreeItem, string>>(
            Expression.Switch(
                Expression.Field(item, nameof(TreeItem.Field)),
                Expression.Call(item, typeof(object).GetMethod(nameof(ToString))!),
                Expression.SwitchCase(Expression.Constant("zero"), Expression.Constant(0))),
            item);
        Assert.Equal("zero", await Pool.RunAsync(() => choose.Compile()(new TreeItem { Field = 0, Id = 4 })));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_query_over_a_collection_is_run_where_it_arrives()
    {
        int min = 2;
        List<TreeItem> items = [new() { Id = 3, Name = "c" }, new() { Id = 1, Name = "a" }, new() { Id = 4, Name = "b" }];
        IQueryable<TreeItem> all = items.AsQueryable();
        IQueryable<string?> query = all.Where(x => x.Id > min).OrderBy(x => x.Name).Select(x => x.Name);
        Assert.Equal(3, await Pool.RunAsync(() => all.Count()));
        Assert.Equal((List<string?>)["b", "c"], await Pool.RunAsync(() => query.ToList()));
        Assert.Equal((List<string?>)["b", "c"], query.ToList());

        // It has run, and has kept what was compiled for that.
        Assert.Equal((string[])["b!", "c!"], await Pool.RunAsync(() => query.Select(x => x + "!").ToArray()));
        Assert.Equal(2, await Pool.RunAsync(static (q, _) => q.Count(), query));
        Assert.Equal((string?[])["b", "c"], (await Pool.RunAsync(static (q, _) => q, query)).ToArray());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_captured_tree_needs_no_variables_of_its_scope_but_those_that_it_reads()
    {
        int read = 3;
        WorkerPool pool = Pool;
        Func<object> other = () => pool;
        Expression<Func<int>> tree = () => read;
        Assert.Equal(3, await InScope(tree));
        Assert.NotNull(other());

        if (Backend.CopiesValues)
        {
            Expression<Func<object>> needs = () => pool;
            WorkSerializationException e = await Assert.ThrowsAsync<WorkSerializationException>(() => InScope(needs));
            Assert.Contains("A WorkerPool belongs to this process", e.Message, StringComparison.OrdinalIgnoreCase);
            Assert.Contains(nameof(pool), e.Path, StringComparison.Ordinal);
        }

        foreach (int outer in (int[])[1, 2])
        {
            int inner = outer * 10;
            Func<object> also = () => (pool, inner);
            Expression<Func<int>> both = () => outer + inner + read;
            Assert.Equal(outer + inner + 3, await InScope(both));
            Assert.NotNull(also());
        }

        Task<T> InScope<T>(Expression<Func<T>> t) => RunTree(Pool, t);

        static Task<T> RunTree<T>(WorkerPool p, Expression<Func<T>> t) => p.RunAsync(() => t.Compile()());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Members_of_types_are_the_ones_that_work_finds()
    {
        MethodInfo method = typeof(TreeItem).GetMethod(nameof(TreeItem.Describe))!;
        MethodInfo inherited = typeof(TreeItem).GetMethod(nameof(GetType))!;
        PropertyInfo property = typeof(TreeItem).GetProperty(nameof(TreeItem.Id))!;
        FieldInfo field = typeof(TreeItem).GetField(nameof(TreeItem.Field))!;
        ConstructorInfo constructor = typeof(TreeItem).GetConstructor([])!;
        EventInfo changed = typeof(TreeItem).GetEvent(nameof(TreeItem.Changed))!;
        ParameterInfo parameter = method.GetParameters()[0];
        Assert.Equal((bool[])[true, true, true, true, true, true, true, true], await Pool.RunAsync(() => (bool[])
        [
            method == typeof(TreeItem).GetMethod(nameof(TreeItem.Describe)), inherited == typeof(TreeItem).GetMethod(nameof(GetType)),
            inherited != typeof(object).GetMethod(nameof(GetType)), property == typeof(TreeItem).GetProperty(nameof(TreeItem.Id)),
            field == typeof(TreeItem).GetField(nameof(TreeItem.Field)), constructor.Equals(typeof(TreeItem).GetConstructor([])),
            changed == typeof(TreeItem).GetEvent(nameof(TreeItem.Changed)), parameter.Member == method && parameter.Name == "prefix",
        ]));
        Assert.Equal(property, await Pool.RunAsync(() => typeof(TreeItem).GetProperty(nameof(TreeItem.Id))!));
        Assert.Equal("p7", await Pool.RunAsync(static (m, _) => m.Invoke(new TreeItem { Id = 7 }, ["p"]), method));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_query_over_something_else_than_a_collection_is_refused()
    {
        if (!Backend.CopiesValues)
            return;

        IQueryable<int> query = new ForeignQuery<int>();
        WorkSerializationException e = await Assert.ThrowsAsync<WorkSerializationException>(() => Pool.RunAsync(() => query.Count()));
        Assert.Contains("run it (ToList) and pass the result", e.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_delegate_without_variables_is_equal_to_one_that_is_made_there()
    {
        Func<int, int> twice = Twice;
        Assert.True(await Pool.RunAsync(() => twice.Equals(Twice) && twice == Twice && ReferenceEquals(twice.Target, Twice.Target)));
    }

    private static string Show(object? value) => value switch
    {
        null => "null",
        System.Collections.IEnumerable items and not string => $"[{string.Join(",", items.Cast<object?>().Select(Show))}]",
        Func<int, int> function => Show(function(5)),
        LambdaExpression lambda => lambda.ToString(),
        _ => value.ToString() ?? "",
    };

    /// <summary>All kinds of nodes that the C# compiler makes.</summary>
    private static IEnumerable<(string Text, Expression<Func<TreeItem, object?>> Tree)> Trees()
    {
        int number = 3;
        string? text = "abc";
        int[] numbers = [3, 1, 2];
        int[,] table = { { 1, 2 }, { 3, 4 } };
        Func<int, int> function = static x => x + 1;
        Expression<Func<int, int>> other = x => x - 1;
        int? none = null;
        yield return ("arithmetic", x => (x.Id + (number * 2) - (7 % number)) / 2);
        yield return ("checked", x => checked(x.Id + number));
        yield return ("bits", x => (x.Id << 2) | ((number & 1) ^ ~x.Id));
        yield return ("comparison", x => (x.Id > number && x.Name != text) || !Enumerable.Contains(x.Tags, "x"));
        yield return ("concatenation", x => x.Name + text + number);
        yield return ("conditional", x => x.Id > number ? x.Name : text);
        yield return ("coalesce", x => none ?? number);
        yield return ("lifted", x => none + number);
        yield return ("cast", x => (long)x.Id + (double)number);
        yield return ("as", x => x.Boxed as string);
        yield return ("is", x => x.Boxed is int);
        yield return ("typeof", x => typeof(List<int>));
        yield return ("default", x => default(DateTime));
        yield return ("member", x => x.Name!.Length);
        yield return ("field", x => x.Field);
        yield return ("static member", x => string.Empty + int.MaxValue);
        yield return ("call", x => x.Name!.Replace("s", text, StringComparison.Ordinal));
        yield return ("static call", x => Math.Max(x.Id, number));
        yield return ("generic call", x => Enumerable.Repeat(x.Name, number).ToArray());
        yield return ("new", x => new Uri(new Uri("http://a/"), x.Name));
        yield return ("member init", x => new TreeItem { Id = number, Name = text, Next = { Id = 9 }, List = { 4, 5 } }.Sum());
        yield return ("list init", x => new List<int> { number, x.Id });
        yield return ("dictionary init", x => new Dictionary<string, int> { { text!, number } });
        yield return ("anonymous type", x => new { x.Id, Text = text });
        yield return ("new array", x => new[] { number, x.Id });
        yield return ("array bounds", x => new int[number].Length);
        yield return ("array index", x => numbers[1] + numbers.Length);
        yield return ("table index", x => table[1, 0]);
        yield return ("new table", x => new int[2, number].Length);
        yield return ("indexer", x => x.Tags[1]);
        yield return ("invoke", x => function(x.Id));
        yield return ("nested lambda", x => numbers.Select(n => n + number + x.Id).ToArray());
        yield return ("lambda as result", x => new Func<int, int>(n => n * number));
        yield return ("quote", x => numbers.AsQueryable().Where(n => n > number - 2).Sum());
        yield return ("captured tree", x => numbers.AsQueryable().Select(other).Sum());
        yield return ("operator", x => TimeSpan.FromSeconds(x.Id) + TimeSpan.FromMinutes(number));
        yield return ("decimal", x => x.Id * 1.5m);
        yield return ("enum", x => (DayOfWeek)number == DayOfWeek.Wednesday);
        yield return ("method group", x => numbers.Select(TreeItem.Plus).Sum());
    }

    private sealed class TreeItem
    {
        public int Field;

        public event EventHandler? Changed;

        public int Id { get; set; }

        public string? Name { get; set; }

        public string[] Tags { get; init; } = [];

        public List<int> List { get; } = [];

        public object Boxed => Id;

        public TreeItem Next => field ??= new TreeItem();

        public static int Plus(int value) => value + 1;

        public string Describe(string prefix)
        {
            Changed?.Invoke(this, EventArgs.Empty);
            return prefix + Id;
        }

        public int Sum() => Id + (Name?.Length ?? 0) + List.Sum() + Next.Id;
    }

    /// <summary>Such as a database has.</summary>
    private sealed class ForeignQuery<T> : IQueryable<T>, IQueryProvider
    {
        public Type ElementType => typeof(T);

        public Expression Expression => Expression.Constant(this);

        public IQueryProvider Provider => this;

        public IQueryable CreateQuery(Expression expression) => throw new NotSupportedException();

        public IQueryable<TElement> CreateQuery<TElement>(Expression expression) => throw new NotSupportedException();

        public object? Execute(Expression expression) => throw new NotSupportedException();

        public TResult Execute<TResult>(Expression expression) => throw new NotSupportedException();

        public IEnumerator<T> GetEnumerator() => throw new NotSupportedException();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => throw new NotSupportedException();
    }
}
