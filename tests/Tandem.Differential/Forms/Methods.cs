namespace Tandem.Differential.Forms;

/// <summary>Local functions, method groups, iterators, async methods, generic methods and classes.</summary>
public static class Methods
{
    public static Task<string> Local_function<T>(Engine run, T value, Origin o)
    {
        T local = value;
        string Read() => Look.At(local, o);
        return run.Run(Read);
    }

    public static Task<string> Local_function_called_in_a_lambda<T>(Engine run, T value, Origin o)
    {
        T local = value;
        int times = 2;
        string Read(int n) => n == 0 ? Look.At(local, o) : Read(n - 1);
        return run.Run(() => Read(times));
    }

    public static Task<string> Local_function_inside_a_lambda<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.Run(() =>
        {
            int n = 1;
            string Inner()
            {
                string Innermost() => Look.At(local, o) + n;
                return Innermost();
            }

            return Inner();
        });
    }

    public static Task<string> Generic_local_function<T>(Engine run, T value, Origin o)
    {
        T local = value;
        string Read<TOther>(TOther other) => Look.At(local, o) + typeof(TOther).Name + other;
        return run.Run(() => Read(5) + Read("x"));
    }

    public static Task<string> Async_local_function<T>(Engine run, T value, Origin o)
    {
        T local = value;
        async Task<string> ReadAsync()
        {
            string before = Look.At(local, o);
            await Task.Yield();
            return before + Look.At(local, o);
        }

        return run.RunTask(ReadAsync);
    }

    public static async Task<string> Async_lambda<T>(Engine run, T value, Origin o)
    {
        T local = value;
        (string inside, T back) = await run.RunTask(async () =>
        {
            await Task.Yield();
            string text = Look.At(local, o);
            await Task.Delay(1);
            return (text, local);
        });
        return $"{inside} | {Look.At(back, o)}";
    }

    public static Task<string> Async_lambda_with_inner_captures<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.RunTaskToken(async token =>
        {
            string text = "";
            foreach (int n in new[] { 1, 2 })
            {
                Func<Task<string>> read = async () =>
                {
                    await Task.Yield();
                    return n + Look.At(local, o);
                };
                text += await read() + token.IsCancellationRequested;
            }

            return text;
        });
    }

    public static Task<string> Iterator<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.Run(() =>
        {
            IEnumerable<string> Read()
            {
                for (int i = 0; i < 2; i++)
                    yield return Look.At(local, o);
            }

            return string.Concat(Read());
        });
    }

    public static Task<string> Async_iterator<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.RunTask(async () =>
        {
            async IAsyncEnumerable<string> ReadAsync()
            {
                yield return Look.At(local, o);
                await Task.Yield();
                yield return Look.At(local, o);
            }

            string text = "";
            await foreach (string part in ReadAsync())
                text += part;

            return text;
        });
    }

    public static Task<string> Nested_lambda<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.Run(() => string.Concat(new[] { 1, 2 }.Select(n => n + Look.At(local, o))));
    }

    public static Task<string> Nested_lambda_with_both_scopes<T>(Engine run, T value, Origin o)
    {
        T outer = value;
        return run.Run(() =>
        {
            T inner = outer;
            Func<Func<string>> make = () => () => Look.AtBoth(inner, outer, o);
            return make()();
        });
    }

    public static Task<string> Lambda_returned_by_a_method<T>(Engine run, T value, Origin o) => run.Run(Reader(value, o));

    public static Task<string> Method_of_an_object<T>(Engine run, T value, Origin o) => run.Run(new Reading<T>(value, o).Read);

    public static Task<string> Method_of_a_struct<T>(Engine run, T value, Origin o) => run.Run(new ReadingStruct<T>(value, o).Read);

    public static Task<string> Virtual_method<T>(Engine run, T value, Origin o)
    {
        ReadingBase<T> reading = new Reading<T>(value, o);
        return run.Run(reading.Read);
    }

    public static Task<string> Method_of_an_interface<T>(Engine run, T value, Origin o)
    {
        IReading reading = new Reading<T>(value, o);
        return run.Run(reading.ReadTwice);
    }

    public static Task<string> Extension_method<T>(Engine run, T value, Origin o)
    {
        var reading = new Reading<T>(value, o);
        return run.Run(reading.ReadByExtension);
    }

    public static Task<string> Lambda_of_a_generic_method<T>(Engine run, T value, Origin o) => GenericAsync<T, List<T>>(run, value, o);

    public static Task<string> Lambda_of_a_generic_class<T>(Engine run, T value, Origin o) => Generic<T>.Nested<int>.RunAsync(run, value, o);

    public static Task<string> Lambda_of_a_struct_method<T>(Engine run, T value, Origin o) => new ReadingStruct<T>(value, o).RunAsync(run);

    public static Task<string> Lambda_of_a_constructor<T>(Engine run, T value, Origin o) => run.Run(new Constructed<T>(value, o).Read);

    public static Task<string> Lambda_of_an_indexer_and_an_operator<T>(Engine run, T value, Origin o)
    {
        var made = new Operating<T>(value, o);
        return run.Run(() => made["a"]() + (+made)());
    }

    public static Task<string> Lambda_of_a_field<T>(Engine run, T value, Origin o) => run.With((value, o), Generic<T>.FromField);

    public static Task<string> Lambda_with_default_parameters<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.Run(() =>
        {
            var read = (int times = 2, params int[] more) => times + more.Length + Look.At(local, o);
            return read() + read(1, 2, 3);
        });
    }

    public static Task<string> Spans_and_collection_expressions<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.Run(() =>
        {
            ReadOnlySpan<T> span = [local, local];
            T[] copy = [.. span, local];
            return copy.Length + Look.At(span[1], o);
        });
    }

    public static Task<string> Goto_and_switch<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.Run(() =>
        {
            switch (o.Seed % 3)
            {
                case 0:
                    goto case 1;
                case 1:
                    return "1" + Look.At(local, o);
                case 2:
                    return "2" + Look.At(local, o);
                case 3:
                    return "3";
                default:
                    return "other" + Look.At(local, o);
            }
        });
    }

    private static Func<string> Reader<T>(T value, Origin o) => () => Look.At(value, o);

    private static Task<string> GenericAsync<T1, T2>(Engine run, T1 value, Origin o)
        where T2 : List<T1>, new()
    {
        T2 list = [value];
        return run.Run(() => Look.At(list[0], o) + typeof(T2).Name + list.Count);
    }

    private static string ReadByExtension<T>(this Reading<T> reading) => reading.Read();

    private interface IReading
    {
        string Read();

        string ReadTwice() => Read() + Read();
    }

    private static class Generic<T1>
    {
        internal static readonly Func<(T1 Value, Origin Origin), CancellationToken, string> FromField = (pair, _) => Look.At(pair.Value, pair.Origin);

        internal static class Nested<T2>
        {
            internal static Task<string> RunAsync(Engine run, T1 value, Origin o)
            {
                T2? other = default;
                return run.Run(() => Look.At(value, o) + typeof(T2) + other);
            }
        }
    }

    private abstract class ReadingBase<T>
    {
        internal abstract string Read();
    }

    private sealed class Reading<T>(T value, Origin o) : ReadingBase<T>, IReading
    {
        string IReading.Read() => Read();

        internal override string Read() => Look.At(value, o);
    }

    private readonly struct ReadingStruct<T>(T value, Origin o)
    {
        private readonly T _value = value;
        private readonly Origin _origin = o;

        internal string Read() => Look.At(_value, _origin);

        internal Task<string> RunAsync(Engine run)
        {
            ReadingStruct<T> self = this;
            return run.Run(() => Look.At(self._value, self._origin));
        }
    }

    private sealed class Constructed<T>
    {
        internal readonly Func<string> Read;

        internal Constructed(T value, Origin o) => Read = () => Look.At(value, o);
    }

    private sealed class Operating<T>(T value, Origin o)
    {
        internal Func<string> this[string name] => () => name + Look.At(value, o);

        public static Func<string> operator +(Operating<T> it) => it["+"];
    }
}
