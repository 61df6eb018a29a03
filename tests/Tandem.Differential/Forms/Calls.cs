using System.Globalization;

namespace Tandem.Differential.Forms;

/// <summary>Ways of calling: arguments, results, maps, states, progress.</summary>
public static class Calls
{
    public static Task<string> Argument<T>(Engine run, T value, Origin o) => run.With((value, o), static (pair, _) => Look.At(pair.value, pair.o));

    public static async Task<string> Argument_itself<T>(Engine run, T value, Origin o)
    {
        T back = await run.With(value, static (argument, _) => argument);
        return Look.At(back, o);
    }

    public static Task<string> Argument_of_async_work<T>(Engine run, T value, Origin o) => run.WithTask((value, o), static async (pair, token) =>
    {
        await Task.Yield();
        return Look.At(pair.value, pair.o) + token.IsCancellationRequested;
    });

    public static async Task<string> Argument_and_captured<T>(Engine run, T value, Origin o)
    {
        T local = value;
        (string text, T back) = await run.With(value, (argument, _) => (Look.AtBoth(local, argument, o), argument));
        return text.Replace("same True", "same ?", StringComparison.Ordinal).Replace("same False", "same ?", StringComparison.Ordinal) + Look.At(back, o);
    }

    public static async Task<string> Result<T>(Engine run, T value, Origin o)
    {
        T made = await run.With(o, static (origin, _) => Corpus.Make<T>(origin));
        return Look.At(made, o);
    }

    public static async Task<string> Result_of_async_work<T>(Engine run, T value, Origin o)
    {
        T[] made = await run.WithTask(o, static async (origin, _) =>
        {
            await Task.Yield();
            T one = Corpus.Make<T>(origin);
            return new[] { one, one };
        });
        return Look.AtBoth(made[0], made[1], o);
    }

    public static async Task<string> Result_in_an_anonymous_object<T>(Engine run, T value, Origin o)
    {
        var made = await run.With(o, static (origin, _) => new { Value = Corpus.Make<T>(origin), origin.Seed });
        return Fingerprint.Of(made) + Look.At(made.Value, o);
    }

    public static async Task<string> Element_and_result_of_a_map<T>(Engine run, T value, Origin o)
    {
        List<(string Text, T Back)> results = await run.Map(new[] { value, value }, element => (Look.At(element, o), element));
        return string.Concat(results.Select(r => r.Text + Look.At(r.Back, o)));
    }

    public static async Task<string> Captured_by_a_map<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return string.Concat(await run.Map([1, 2, 3], n => n + Look.At(local, o)));
    }

    public static async Task<string> Results_and_errors_of_a_map<T>(Engine run, T value, Origin o)
    {
        T local = value;
        List<object?> results = await run.MapResults([1, 2], n => n == 1 ? local : throw new InvalidOperationException("two" + Look.At(local, o)));
        return string.Concat(results.Select(Fingerprint.Of));
    }

    public static async Task<string> Progress<T>(Engine run, T value, Origin o)
    {
        T local = value;
        var reports = new Reports<T>();
        IProgress<T> progress = reports;
        await run.Run(() => progress.Report(local));
        return Look.At(await reports.First.Task.WaitAsync(TimeSpan.FromSeconds(60)), o);
    }

    [Form(Slow = true)]
    public static Task<string> State<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return run.WithState(() => new StateOf<T>(local, o), static state => Look.At(state.Value, state.Origin));
    }

    public static async Task<string> Many_at_once<T>(Engine run, T value, Origin o)
    {
        T local = value;
        Task<string>[] tasks = [.. Enumerable.Range(0, 4).Select(n => run.Run(() => n + Look.At(local, o)))];
        return string.Concat(await Task.WhenAll(tasks));
    }

    public static async Task<string> There_and_back_and_there<T>(Engine run, T value, Origin o)
    {
        T once = await run.Run(() => value);
        T twice = await run.Run(() => once);
        return await run.Run(() => Look.At(twice, o));
    }

    public static async Task<string> Value_task_as_a_result<T>(Engine run, T value, Origin o)
    {
        T local = value;
        ValueTask<string> task = await run.Run(() => ReadAsync(local, o));
        return await task;
    }

    public static async Task<string> Culture_of_the_caller<T>(Engine run, T value, Origin o)
    {
        T local = value;
        var changed = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        changed.NumberFormat.NumberDecimalSeparator = ",";
        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = changed;
        try
        {
            return await run.Run(() => $"{1.5} {Look.At(local, o)}");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static async ValueTask<string> ReadAsync<T>(T value, Origin o)
    {
        await Task.Yield();
        return Look.At(value, o);
    }

    private sealed record StateOf<T>(T Value, Origin Origin);

    private sealed class Reports<T> : IProgress<T>
    {
        internal TaskCompletionSource<T> First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Report(T value) => First.TrySetResult(value);
    }
}
