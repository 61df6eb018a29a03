namespace Tandem.Differential;

/// <summary>Runs work: with <see cref="Task.Run(Action)"/>, which is right by definition, or in a pool.</summary>
public sealed class Engine(string name, WorkerPool? pool)
{
    /// <summary>What failures call it.</summary>
    public string Name { get; } = name;

    /// <summary>The pool; null for Task.Run.</summary>
    public WorkerPool? Pool { get; } = pool;

    /// <summary>Whether work gets copies, so that a value may be refused.</summary>
    public bool IsProcess => Pool?.Isolation == Isolation.Process;

    public Task Run(Action work) => Pool is null ? Task.Run(work) : Pool.RunAsync(work);

    public Task<T> Run<T>(Func<T> work) => Pool is null ? Task.Run(work) : Pool.RunAsync(work);

    public Task<T> RunToken<T>(Func<CancellationToken, T> work) => Pool is null ? Task.Run(() => work(default)) : Pool.RunAsync(work);

    public Task RunTask(Func<Task> work) => Pool is null ? Task.Run(work) : Pool.RunAsync(work);

    public Task<T> RunTask<T>(Func<Task<T>> work) => Pool is null ? Task.Run(work) : Pool.RunAsync(work);

    public Task<T> RunTaskToken<T>(Func<CancellationToken, Task<T>> work) => Pool is null ? Task.Run(() => work(default)) : Pool.RunAsync(work);

    public Task<TResult> With<T, TResult>(T argument, Func<T, CancellationToken, TResult> work) =>
        Pool is null ? Task.Run(() => work(argument, default)) : Pool.RunAsync(work, argument);

    public Task<TResult> WithTask<T, TResult>(T argument, Func<T, CancellationToken, Task<TResult>> work) =>
        Pool is null ? Task.Run(() => work(argument, default)) : Pool.RunAsync(work, argument);

    public async Task<List<TResult>> Map<T, TResult>(IEnumerable<T> source, Func<T, TResult> work)
    {
        List<TResult> results = [];
        if (Pool is null)
        {
            foreach (T element in source)
                results.Add(await Task.Run(() => work(element)));
        }
        else
        {
            await foreach (TResult result in Pool.MapAsync(source, work))
                results.Add(result);
        }

        return results;
    }

    /// <summary>Results, or what was thrown.</summary>
    public async Task<List<object?>> MapResults<T, TResult>(IEnumerable<T> source, Func<T, TResult> work)
    {
        List<object?> results = [];
        if (Pool is null)
        {
            foreach (T element in source)
            {
                try
                {
                    results.Add(await Task.Run(() => work(element)));
                }
                catch (Exception e)
                {
                    results.Add(e);
                }
            }
        }
        else
        {
            await foreach (WorkResult<TResult> result in Pool.MapResultsAsync(source, work))
                results.Add(result.Succeeded ? result.Value : result.Error);
        }

        return results;
    }

    /// <summary>Makes a state where work runs, and works with it.</summary>
    public async Task<TResult> WithState<TState, TResult>(Func<TState> create, Func<TState, TResult> work)
    {
        if (Pool is null)
            return await Task.Run(() => work(create()));

        await using WorkerPool<TState> pool = WorkerPool.Create(Engines.Options(Pool.Isolation, WorkerTransport.Auto), create);
        return await pool.RunAsync(work);
    }
}
