namespace Tandem.Differential.Forms;

/// <summary>Delegates that work captures, and kinds of delegates as work.</summary>
public static class Delegates
{
    public static Task<string> Captured_delegate<T>(Engine run, T value, Origin o)
    {
        T local = value;
        Func<string> read = () => Look.At(local, o);
        return run.Run(() => read());
    }

    public static Task<string> Two_delegates_that_share_a_variable<T>(Engine run, T value, Origin o)
    {
        T local = value;
        int count = 0;
        Action add = () => count++;
        Func<string> read = () => count + Look.At(local, o);
        return run.Run(() =>
        {
            add();
            add();
            return read();
        });
    }

    public static Task<string> Delegate_of_a_delegate<T>(Engine run, T value, Origin o)
    {
        T local = value;
        Func<int, Func<int, string>> curried = a => b => a + b + Look.At(local, o);
        Func<int, string> half = curried(1);
        return run.Run(() => half(2) + curried(3)(4));
    }

    public static Task<string> Delegate_as_an_argument<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.With<Func<string>, string>(() => Look.At(local, o), static (read, _) => read());
    }

    public static async Task<string> Delegate_as_a_result<T>(Engine run, T value, Origin o)
    {
        T local = value;
        Func<string> read = await run.Run<Func<string>>(() => () => Look.At(local, o));
        return read();
    }

    public static Task<string> Delegate_in_a_dictionary<T>(Engine run, T value, Origin o)
    {
        T local = value;
        var map = new Dictionary<string, Func<string>> { ["read"] = () => Look.At(local, o), ["seed"] = () => o.ToString() };
        return run.Run(() => map["read"]() + map["seed"]());
    }

    public static Task<string> Delegate_with_an_expression_tree<T>(Engine run, T value, Origin o)
    {
        T local = value;
        Func<string> read = () =>
        {
            System.Linq.Expressions.Expression<Func<string>> tree = () => Look.At(local, o);
            return tree.Compile(preferInterpretation: true)();
        };
        return run.Run(() => read());
    }

    public static Task<string> Delegate_over_a_value<T>(Engine run, T value, Origin o)
    {
        Func<T, Origin, string> look = Look.At;
        T local = value;
        return run.Run(() => look(local, o));
    }

    public static Task<string> Multicast_captured<T>(Engine run, T value, Origin o)
    {
        T local = value;
        List<string> texts = [];
        Action all = () => texts.Add("first");
        all += () => texts.Add(Look.At(local, o));
        return run.Run(() =>
        {
            all();
            return string.Concat(texts);
        });
    }

    public static Task<string> Multicast_as_work<T>(Engine run, T value, Origin o)
    {
        T local = value;
        int count = 0;
        Func<string> all = () => "first" + count++;
        all += () => Look.At(local, o) + count;
        return run.Run(all);
    }

    public static Task<string> Recursive_lambda<T>(Engine run, T value, Origin o)
    {
        T local = value;
        Func<int, string> again = null!;
        again = n => n == 0 ? Look.At(local, o) : again(n - 1);
        return run.Run(() => again(3));
    }

    public static Task<string> Recursive_lambda_as_work<T>(Engine run, T value, Origin o)
    {
        T local = value;
        int left = 2;
        Func<string> again = null!;
        again = () => left-- == 0 ? Look.At(local, o) : again();
        return run.Run(again);
    }

    public static Task<string> Lambdas_that_call_each_other<T>(Engine run, T value, Origin o)
    {
        T local = value;
        Func<int, bool> even = null!;
        Func<int, bool> odd = n => n != 0 && even(n - 1);
        even = n => n == 0 || odd(n - 1);
        return run.Run(() => even(4) + Look.At(local, o));
    }

    public static Task<string> Delegate_of_its_own_type<T>(Engine run, T value, Origin o)
    {
        T local = value;
        Read read = (in int n, ref string text) => text += n + Look.At(local, o);
        return run.Run(() =>
        {
            string text = "";
            read(3, ref text);
            return text;
        });
    }

    public static Task<string> Comparer_made_of_a_lambda<T>(Engine run, T value, Origin o)
    {
        T local = value;
        Comparer<int> comparer = Comparer<int>.Create((a, b) => Look.At(local, o).Length > 0 ? b - a : 0);
        return run.Run(() => string.Join(",", new[] { 1, 3, 2 }.Order(comparer)));
    }

    public static Task<string> Lazy_query<T>(Engine run, T value, Origin o)
    {
        T local = value;
        IEnumerable<string> query = new[] { 1, 2, 3 }.Where(n => n > 1).Select(n => n + Look.At(local, o));
        return run.Run(() => string.Concat(query));
    }

    public static Task<string> Token_overloads<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.RunToken(token => Look.At(local, o) + token.IsCancellationRequested);
    }

    private delegate void Read(in int n, ref string text);
}
