namespace Tandem.Differential.Forms;

/// <summary>Ways to capture a variable.</summary>
public static class Captures
{
    public static Task<string> Parameter<T>(Engine run, T value, Origin o) => run.Run(() => Look.At(value, o));

    public static async Task<string> Local<T>(Engine run, T value, Origin o)
    {
        T local = value;
        (string inside, T back) = await run.Run(() => (Look.At(local, o), local));
        return $"{inside} | {Look.At(back, o)}";
    }

    public static async Task<string> Two_variables_of_one_object<T>(Engine run, T value, Origin o)
    {
        T first = value, second = value;
        (string inside, T back, T other) = await run.Run(() => (Look.AtBoth(first, second, o), first, second));
        return $"{inside} | {Look.AtBoth(back, other, o)}";
    }

    public static async Task<string> Variables_of_three_scopes<T>(Engine run, T value, Origin o)
    {
        var text = "";
        T outer = value;
        for (int i = 0; i < 2; i++)
        {
            T middle = value;
            foreach (T inner in new[] { value })
                text += await run.Run(() => i + Look.AtBoth(outer, inner, o) + Look.At(middle, o));
        }

        return text;
    }

    public static Task<string> Loop_variable<T>(Engine run, T value, Origin o)
    {
        foreach (T element in new List<T> { value })
            return run.Run(() => Look.At(element, o));

        throw new InvalidOperationException();
    }

    public static Task<string> Pattern_variable<T>(Engine run, T value, Origin o) =>
        value is var found && o is { Seed: var seed } ? run.Run(() => Look.At(found, o) + seed) : Task.FromResult("");

    public static Task<string> Deconstructed<T>(Engine run, T value, Origin o)
    {
        (T a, (int b, T c)) = (value, (1, value));
        return run.Run(() => Look.AtBoth(a, c, o) + b);
    }

    public static Task<string> Out_variable<T>(Engine run, T value, Origin o)
    {
        new Dictionary<string, T> { ["a"] = value }.TryGetValue("a", out T? found);
        return run.Run(() => Look.At(found, o));
    }

    public static async Task<string> Caught_variable<T>(Engine run, T value, Origin o)
    {
        try
        {
            throw new Carrier<T>(value);
        }
        catch (Carrier<T> e) when (e.Value is var carried)
        {
            return await run.Run(() => Look.At(e.Value, o) + Look.At(carried, o));
        }
    }

    public static Task<string> Field_of_this<T>(Engine run, T value, Origin o) => new Holding<T>(value).ReadAsync(run, o);

    public static Task<string> Field_of_this_and_a_local<T>(Engine run, T value, Origin o) => new Holding<T>(value).ReadWithLocalAsync(run, value, o);

    public static Task<string> Field_of_this_in_a_nested_lambda<T>(Engine run, T value, Origin o) => new Holding<T>(value).ReadNestedAsync(run, o);

    public static Task<string> Property_of_a_base<T>(Engine run, T value, Origin o) => new HoldingMore<T>(value).ReadBaseAsync(run, o);

    public static Task<string> Primary_constructor_parameter<T>(Engine run, T value, Origin o) => new Primary<T>(value).ReadAsync(run, o);

    public static async Task<string> Written_inside<T>(Engine run, T value, Origin o)
    {
        T local = value;
        int count = 0;
        string text = await run.Run(() =>
        {
            count++;
            T kept = local;
            local = default!;
            local = kept;
            count += 2;
            return Look.At(local, o) + count;
        });
        return text;
    }

    public static Task<string> Passed_by_reference<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.Run(() => ByReference(ref local, in local, o));
    }

    public static Task<string> Through_a_ref_local<T>(Engine run, T value, Origin o)
    {
        T[] array = [value, value];
        T local = value;
        return run.Run(() =>
        {
            ref T first = ref array[0];
            ref T captured = ref local;
            return Look.AtBoth(first, captured, o);
        });
    }

    public static Task<string> Called_upon<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.Run(() => $"{local is T} {local?.GetType() == value?.GetType()} {local?.Equals(local)} {Look.Json(local)}");
    }

    public static Task<string> Only_turned_into_json<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.Run(() => Look.Json(local));
    }

    public static Task<string> Only_formatted<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.Run(() => Formatting.WithoutStacks($"{local}") + o.Value);
    }

    public static Task<string> Only_compared<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.Run(() => Look.IsComparable(local) ? $"{Equals(local, Corpus.Make<T>(o))} {new HashSet<T> { local }.Contains(Corpus.Make<T>(o))}" : "");
    }

    [Form(SendsNothing = true)]
    public static async Task<string> Not_read_by_the_work<T>(Engine run, T value, Origin o)
    {
        T local = value;
        string Untouched() => Look.At(local, o);
        string text = await run.Run(() => "seed " + o.Seed);
        return text + Untouched().Length;
    }

    [Form(SendsNothing = true)]
    public static async Task<string> Read_by_another_lambda_only<T>(Engine run, T value, Origin o)
    {
        T local = value;
        int number = 5;
        Func<string> other = () => Look.At(local, o) + number;
        string text = await run.Run(() => $"{number} {o}");
        return text + other();
    }

    public static Task<string> Conditionally_read<T>(Engine run, T value, Origin o)
    {
        T local = value;
        bool yes = o.Seed >= 0;
        return run.Run(() => yes switch { true when local is var found => Look.At(found, o), _ => "no" });
    }

    public static Task<string> In_a_using_and_a_lock<T>(Engine run, T value, Origin o)
    {
        T local = value;
        object gate = new();
        return run.Run(() =>
        {
            using var writer = new StringWriter();
            lock (gate)
            {
                checked
                {
                    writer.Write(Look.At(local, o));
                }
            }

            return writer.ToString();
        });
    }

    public static Task<string> In_try_catch_finally<T>(Engine run, T value, Origin o)
    {
        T local = value, other = value;
        return run.Run(() =>
        {
            string text = "";
            try
            {
                throw new InvalidOperationException("a");
            }
            catch (InvalidOperationException e) when (Look.At(local, o).Length > 0 && e.Message == "a")
            {
                text += "caught";
            }
            finally
            {
                text += Look.At(other, o);
            }

            return text;
        });
    }

    public static Task<string> As_object<T>(Engine run, T value, Origin o)
    {
        object? local = value;
        return run.Run(() => Look.At(local, o));
    }

    public static Task<string> As_dynamic<T>(Engine run, T value, Origin o)
    {
        dynamic? local = value;
        return run.Run(() => (string)Look.At<object>(local, o));
    }

    public static async Task<string> In_a_nullable_and_a_default<T>(Engine run, T value, Origin o)
    {
        (T? Value, T? Missing)? local = (value, default);
        T? nothing = default;
        return await run.Run(() => Look.At(local!.Value.Value, o) + Fingerprint.Of(nothing) + Fingerprint.Of(local.Value.Missing));
    }

    private static string ByReference<T>(ref T first, in T second, Origin o)
    {
        T kept = first;
        first = kept;
        return Look.AtBoth(kept, second, o);
    }

    /// <summary>An exception with a value.</summary>
    private sealed class Carrier<T>(T value) : Exception
    {
        internal T Value { get; } = value;
    }

    private class Holding<T>(T value)
    {
        private readonly T _field = value;

        protected T Property { get; } = value;

        internal Task<string> ReadAsync(Engine run, Origin o) => run.Run(() => Look.At(_field, o));

        internal Task<string> ReadWithLocalAsync(Engine run, T local, Origin o) => run.Run(() => Look.AtBoth(_field, local, o));

        internal Task<string> ReadNestedAsync(Engine run, Origin o)
        {
            int number = 1;
            return run.Run(() => string.Concat(new[] { 1, 2 }.Select(n => n + number + Look.At(_field, o))));
        }
    }

    private sealed class HoldingMore<T>(T value) : Holding<T>(value)
    {
        internal Task<string> ReadBaseAsync(Engine run, Origin o) => run.Run(() => Look.At(base.Property, o));
    }

    private sealed class Primary<T>(T value)
    {
        internal Task<string> ReadAsync(Engine run, Origin o) => run.Run(() => Look.At(value, o));
    }
}
