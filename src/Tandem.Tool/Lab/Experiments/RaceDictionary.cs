namespace Tandem.Tool.Lab.Experiments;

/// <summary>
/// Shows what happens to a Dictionary that threads write without a lock. It runs in a worker process, with which an endless loop ends.
/// </summary>
internal static class RaceDictionary
{
    private const int KeysOfEach = 20_000;

    private static readonly TimeSpan Endless = TimeSpan.FromSeconds(3);

    /// <summary>Tests a number of new Dictionaries, each written by a number of threads, with keys that no other thread writes.</summary>
    internal static async Task<Outcome> RunAsync(int times, int threads, CancellationToken cancellationToken)
    {
        var options = new ProcessPoolOptions { MaxWorkers = 1, CancellationGrace = TimeSpan.Zero, TerminationGrace = TimeSpan.Zero };
        await using WorkerPool pool = WorkerPool.Create(options);
        var outcome = new Outcome(times);
        for (int i = 0; i < times; i++)
        {
            try
            {
                Try one = await pool.RunAsync(
                    () => Write(threads),
                    new WorkOptions { Limits = new() { Timeout = i == 0 ? TimeSpan.FromSeconds(30) : Endless } },
                    cancellationToken).ConfigureAwait(false);
                outcome.Add(one, threads * KeysOfEach);
            }
            catch (WorkTimeoutException)
            {
                if (++outcome.Hung == 2)
                    return outcome with { Times = i + 1 };
            }
        }

        return outcome;
    }

    private static Try Write(int threads)
    {
        var shared = new Dictionary<int, int>();
        var errors = new string?[threads];
        LabThreads.Run(threads, thread =>
        {
            try
            {
                for (int i = 0; i < KeysOfEach; i++)
                    shared[(thread * KeysOfEach) + i] = i;
            }
            catch (Exception e)
            {
                errors[thread] = e.GetType().Name;
            }
        });
        return new Try([.. errors.OfType<string>()], Enumerable.Range(0, threads * KeysOfEach).Count(key => Holds(shared, key)));
    }

    private static bool Holds(Dictionary<int, int> words, int key)
    {
        try
        {
            return words.ContainsKey(key);
        }
        catch (InvalidOperationException)
        {
            // The Dictionary detected that a chain of entries is circular.
            return false;
        }
    }

    /// <summary>The results of all tests.</summary>
    /// <param name="Times">The number of Dictionaries.</param>
    internal sealed record Outcome(int Times)
    {
        /// <summary>Those in which a thread got an exception.</summary>
        internal int Thrown { get; private set; }

        /// <summary>Those that lack entries although no exception was thrown.</summary>
        internal int Silent { get; private set; }

        /// <summary>Those that have all entries.</summary>
        internal int Whole { get; private set; }

        /// <summary>Those that did not end.</summary>
        internal int Hung { get; set; }

        internal SortedDictionary<string, int> Errors { get; } = new(StringComparer.Ordinal);

        /// <summary>The shares of missing entries, of those that lack some although no exception was thrown.</summary>
        internal List<double> Lost { get; } = [];

        internal static Outcome Sum(IReadOnlyCollection<Outcome> all)
        {
            var sum = new Outcome(all.Sum(static one => one.Times));
            foreach (Outcome one in all)
            {
                sum.Thrown += one.Thrown;
                sum.Silent += one.Silent;
                sum.Whole += one.Whole;
                sum.Hung += one.Hung;
                sum.Lost.AddRange(one.Lost);
                foreach ((string error, int times) in one.Errors)
                    sum.Errors[error] = sum.Errors.GetValueOrDefault(error) + times;
            }

            return sum;
        }

        internal void Add(Try one, int written)
        {
            foreach (string error in one.Errors)
                Errors[error] = Errors.GetValueOrDefault(error) + 1;

            if (one.Errors.Length > 0)
            {
                Thrown++;
                return;
            }

            if (one.Found == written)
            {
                Whole++;
                return;
            }

            Silent++;
            Lost.Add(1 - ((double)one.Found / written));
        }
    }

    /// <param name="Errors">The types of the exceptions, at most one per thread.</param>
    /// <param name="Found">How many of the keys were found.</param>
    internal sealed record Try(string[] Errors, int Found);
}
