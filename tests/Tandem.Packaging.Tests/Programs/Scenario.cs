using Tandem;

/// <summary>What a user does with a pool of processes; a class of its own, so that a plug-in can be made of it.</summary>
public static class Scenario
{
    public static async Task RunAsync(string transport, TextWriter output)
    {
        int here = Environment.ProcessId;
        string text = "captured";
        await using WorkerPool pool = WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 2, Transport = Enum.Parse<WorkerTransport>(transport) });

        output.WriteLine($"lambda: {await pool.RunAsync(() => $"{text} {text.Length}, in another process: {Environment.ProcessId != here}")}");
        output.WriteLine($"async: {await pool.RunAsync(async token =>
        {
            await Task.Delay(1, token);
            return await Task.Run(OwnCode);
        })}");

        string? program = System.Reflection.Assembly.GetEntryAssembly()?.FullName;
        output.WriteLine($"program: {await pool.RunAsync(() => (System.Reflection.Assembly.GetEntryAssembly()?.FullName, AppContext.BaseDirectory)) == (program, AppContext.BaseDirectory)}");

        await foreach (int square in pool.MapAsync(Enumerable.Range(1, 4), number => number * number))
            output.WriteLine($"map: {square}");

        try
        {
            await pool.RunAsync(() => Environment.Exit(3));
        }
        catch (WorkerCrashedException crash)
        {
            output.WriteLine($"crash: {crash.ExitCode}");
        }

        output.WriteLine($"after the crash: {await pool.RunAsync(() => text.Length)}");
    }

    /// <summary>The program's folder gets another name while its pool works: nothing more can be loaded, by this program or by a worker.</summary>
    public static async Task MoveAsync(TextWriter output)
    {
        var options = new ProcessPoolOptions { MaxWorkers = 2, MaxRestarts = 1, RestartPeriod = TimeSpan.FromSeconds(1) };
        WorkerPool pool = WorkerPool.Create(options);
        output.WriteLine($"before: {await pool.RunAsync(() => 1)}");
        string folder = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        Directory.Move(folder, folder + ".moved");
        for (string error = ""; error != nameof(WorkerStartException);)
        {
            try
            {
                await pool.RunAsync(() => Environment.Exit(3), new WorkOptions { Name = "moved", Limits = new() { Timeout = TimeSpan.FromSeconds(100) } });
            }
            catch (Exception e)
            {
                error = e.GetType().Name;
            }
        }

        Directory.Move(folder + ".moved", folder);
        for (int result = 0; result == 0;)
        {
            try
            {
                result = await pool.RunAsync(() => 2);
                output.WriteLine($"after: {result}");
            }
            catch (WorkerStartException)
            {
                await Task.Delay(10); // until the next start, which comes within the period
            }
        }

        await pool.DisposeAsync();
    }

    private static string OwnCode() => $"on a pool's thread: {Thread.CurrentThread.IsThreadPoolThread}";
}
