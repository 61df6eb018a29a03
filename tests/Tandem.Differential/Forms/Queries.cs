using System.Linq.Expressions;

namespace Tandem.Differential.Forms;

/// <summary>Expression trees, which name captured variables by tokens, and query comprehensions.</summary>
public static class Queries
{
    public static Task<string> Expression_tree<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.Run(() =>
        {
            Expression<Func<string>> tree = () => Look.At(local, o);
            return tree.Compile(preferInterpretation: true)();
        });
    }

    public static Task<string> Queryable<T>(Engine run, T value, Origin o)
    {
        T wanted = value;
        List<int> numbers = [1, 2, 3];
        int min = 1;
        return run.Run(() => string.Concat(numbers.AsQueryable().Where(x => x > min).Select(x => x + Look.At(wanted, o))));
    }

    public static Task<string> Expression_tree_in_a_nested_lambda<T>(Engine run, T value, Origin o)
    {
        T local = value;
        int min = 2;
        return run.Run(() => string.Concat(new[] { 1, 2 }.Select(n =>
        {
            Expression<Func<int, string>> tree = x => x + n + min + Look.At(local, o);
            return tree.Compile(preferInterpretation: true)(n);
        })));
    }

    public static Task<string> Expression_tree_in_a_local_function<T>(Engine run, T value, Origin o)
    {
        T local = value;
        Expression<Func<string>> Tree() => () => Look.At(local, o);
        return run.Run(() => Tree().Compile(preferInterpretation: true)());
    }

    public static Task<string> Expression_tree_in_async_code<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.RunTask(async () =>
        {
            await Task.Yield();
            return string.Concat(new[] { 1 }.AsQueryable().Select(n => n + Look.At(local, o)));
        });
    }

    public static Task<string> Expression_tree_in_an_iterator<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.Run(() =>
        {
            IEnumerable<Expression<Func<string>>> Trees()
            {
                int n = 3;
                yield return () => n + Look.At(local, o);
            }

            return Trees().First().Compile(preferInterpretation: true)();
        });
    }

    public static Task<string> Expression_tree_of_this<T>(Engine run, T value, Origin o) => new Querying<T>(value).RunAsync(run, o);

    public static Task<string> Expression_tree_within_one<T>(Engine run, T value, Origin o)
    {
        T local = value;
        int min = 1;
        return run.Run(() =>
        {
            Expression<Func<IEnumerable<string>>> tree = () => new[] { 1, 2 }.Where(x => x > min).Select(x => Look.At(local, o));
            return string.Concat(tree.Compile(preferInterpretation: true)());
        });
    }

    public static Task<string> Quoted_expression_tree<T>(Engine run, T value, Origin o)
    {
        T local = value;
        int[] numbers = [1, 2];
        return run.Run(() => string.Concat(
            from a in numbers.AsQueryable()
            join b in numbers.AsQueryable() on a equals b
            where numbers.AsQueryable().Any(c => c == a && local is T)
            select a + Look.At(local, o)));
    }

    public static Task<string> Query_comprehension<T>(Engine run, T value, Origin o)
    {
        T local = value;
        int[] numbers = [3, 1, 2];
        return run.Run(() => string.Concat(
            from n in numbers
            let text = Look.At(local, o)
            where n > 1
            orderby n
            group new { n, text, local } by n % 2 into parts
            from part in parts
            select part.n + part.text + Fingerprint.Of(part)));
    }

    public static async Task<string> Result_of_a_query<T>(Engine run, T value, Origin o)
    {
        T local = value;
        var found = await run.Run(() => (from n in new[] { 1, 2 } select new { n, local }).ToList());
        return string.Concat(found.Select(x => x.n + Look.At(x.local, o) + Fingerprint.Of(x)));
    }

    private sealed class Querying<T>(T value)
    {
        private readonly T _value = value;

        internal Task<string> RunAsync(Engine run, Origin o) => run.Run(() =>
        {
            Expression<Func<string>> tree = () => Look.At(_value, o);
            return tree.Compile(preferInterpretation: true)();
        });
    }
}
