using System.Globalization;
using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>
/// What an idle worker process takes from the machine that nobody else would use: the pages that it alone has. What it shares with
/// its siblings and with every other .NET program, such as the runtime's code, is not counted.
/// </summary>
internal static class IdleMemory
{
    internal static async Task RunAsync(Session session)
    {
        if (!OperatingSystem.IsLinux())
        {
            session.Note($"{Metric.IdleMemory.Name}: needs Linux");
            return;
        }

        string[] backends = [Backend.Processes, Backend.Mapped, Backend.Portable];
        await session.CompareAsync(
            Metric.IdleMemory,
            backends.Select(backend => new Contender(backend, () => MeasureAsync(backend))),
            rounds: session.Scale(full: 5, quick: 3),
            warmUps: 0);
    }

    /// <summary>Lets a worker that has just answered come to rest.</summary>
    internal static Task SettleAsync() => Task.Delay(100);

    private static async Task<double> MeasureAsync(string backend)
    {
        await using WorkerPool pool = Backend.Open(backend, workers: 1);
        int worker = 0;
        for (int i = 0; i < 10; i++)
            worker = await pool.RunAsync(static () => Environment.ProcessId);

        await SettleAsync();
        return PrivateKibibytes(worker) / 1024.0;
    }

    private static long PrivateKibibytes(int process)
    {
        long total = 0;
        foreach (string line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/smaps_rollup")))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["Private_Clean:" or "Private_Dirty:", var kibibytes, "kB"])
                total += long.Parse(kibibytes, CultureInfo.InvariantCulture);
        }

        return total;
    }
}
