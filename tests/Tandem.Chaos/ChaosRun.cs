using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Tandem.Chaos;

/// <summary>One scenario: a flood of items against a pool whose workers are killed, and the account of every item afterwards.</summary>
internal sealed class ChaosRun : IDisposable
{
    private const int InFlight = 500;
    // On a machine that is busy enough, all workers are killed before they have started. So an item that waits that long ends the storm, and
    // hangs only if it is not done in the calm either.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);
    private static readonly byte[] Load = [.. Enumerable.Range(0, 1 << 20).Select(static i => (byte)(i * 7))];

    private readonly Scenario _scenario;
    private readonly ChaosOptions _options;
    private readonly Ledger _ledger;
    private readonly WorkerPool _pool;
    private readonly ConcurrentDictionary<string, int> _outcomes = new();
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly CancellationTokenSource _storm = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly TimeSpan _time;
    private int _next;

    private ChaosRun(Scenario scenario, ChaosOptions options, string file, TimeSpan time)
    {
        _scenario = scenario;
        _options = options;
        _time = time;
        _ledger = new Ledger(file, options.Items);
        _pool = scenario.CreatePool();
        _pool.WorkerChanged += OnWorkerChanged;
    }

    /// <summary>Runs a scenario; returns what is wrong.</summary>
    internal static async Task<List<string>> RunAsync(Scenario scenario, ChaosOptions options, int scenarios)
    {
        string folder = Directory.CreateTempSubdirectory("tandem-chaos-").FullName;
        try
        {
            WriteOutAnException();
            // A storm before the storm: what the allocator keeps of one is kept by the next as well, and a leak is what grows.
            TimeSpan time = options.Time == TimeSpan.Zero ? TimeSpan.MaxValue : options.Time / scenarios * 0.7;
            await OnceAsync(scenario, options, Path.Combine(folder, "first"), TimeSpan.FromSeconds(Math.Clamp(options.Time.TotalSeconds / scenarios * 0.3, 1, 10))).ConfigureAwait(false);
            Footprint before = await Footprint.TakeAsync().ConfigureAwait(false);
            List<string> complaints = await OnceAsync(scenario, options, Path.Combine(folder, "second"), time).ConfigureAwait(false);
            (Footprint after, List<string> left) = await before.CompareAsync().ConfigureAwait(false);
            complaints.AddRange(left);
            if (before.HasGrown(after))
                complaints.AddRange(await LookForLeakAsync(scenario, options, folder, time, before, after).ConfigureAwait(false));
            return complaints;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>
    /// The allocator keeps what a storm took at its worst moment, which may be worse than any of the first storm's. A leak takes more with each
    /// storm, so another one tells.
    /// </summary>
    private static async Task<List<string>> LookForLeakAsync(
        Scenario scenario, ChaosOptions options, string folder, TimeSpan time, Footprint before, Footprint after)
    {
        List<string> complaints = await OnceAsync(scenario, options, Path.Combine(folder, "third"), time).ConfigureAwait(false);
        (Footprint last, List<string> left) = await after.CompareAsync().ConfigureAwait(false);
        complaints.AddRange(left);
        if (after.HasGrown(last))
            complaints.Add(string.Create(CultureInfo.InvariantCulture, $"{last.Memory >> 20} MiB are held after three storms, {after.Memory >> 20} after two, {before.Memory >> 20} after one"));
        return complaints;
    }

    /// <summary>For which the runtime loads a lot, the first time.</summary>
    private static void WriteOutAnException()
    {
        try
        {
            throw new InvalidOperationException("Nothing is wrong.");
        }
        catch (InvalidOperationException e)
        {
            _ = e.ToString();
        }
    }

    public void Dispose()
    {
        _storm.Dispose();
        _ledger.Dispose();
    }

    private static async Task<List<string>> OnceAsync(Scenario scenario, ChaosOptions options, string file, TimeSpan time)
    {
        using var run = new ChaosRun(scenario, options, file, time);
        return await run.RunAsync().ConfigureAwait(false);
    }

    private async Task<List<string>> RunAsync()
    {
        CancellationToken over = _storm.Token;
        for (int i = 0; i < _scenario.BusyLoops; i++)
            new Thread(() => KeepBusy(over)) { IsBackground = true, Name = "busy" }.Start();

        var disturber = new Disturber(_pool, new Random(_options.Seed), _options.KillEvery);
        Task disturbing = Task.Run(() => disturber.RunAsync(over), CancellationToken.None);
        Task[] lanes = [.. Enumerable.Range(0, InFlight).Select(_ => Task.Run(LaneAsync))];
        await Task.WhenAll(lanes).ConfigureAwait(false);
        await _storm.CancelAsync().ConfigureAwait(false);
        await disturbing.ConfigureAwait(false);
        PoolTotals totals = _pool.Snapshot().Totals;
        await _pool.DisposeAsync().ConfigureAwait(false);

        int items = Math.Min(_next, (int)_options.Items);
        if (_outcomes.Values.Sum() != items)
            _complaints.Enqueue($"{items} items were submitted, {_outcomes.Values.Sum()} settled.");
        CheckBlastRadius(disturber, totals);
        string counts = string.Join(", ", _outcomes.OrderBy(static entry => entry.Key).Select(static entry => $"{entry.Value.ToString("N0", CultureInfo.InvariantCulture)} {entry.Key}"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{_scenario.Name,-9} {items:N0} items in {_clock.Elapsed.TotalSeconds:0.0} s: {counts}; {disturber.Kills} killed, {disturber.Stops} stopped, {disturber.Resizes} resized; {totals.Recycles} recycled, {totals.Kills} ended by the pool, {totals.Starts} started"));
        return [.. _complaints];
    }

    /// <summary>Workers that are killed while they start are no failed starts, for which the pool would wait.</summary>
    private void OnWorkerChanged(object? sender, WorkerEvent happened)
    {
        if (happened.Kind is WorkerEventKind.StartDelayed or WorkerEventKind.RestartLimitReached)
            _complaints.Enqueue($"{happened.Kind}: {happened.Detail} {happened.BackOff?.Cause.Message}");
    }

    private static void KeepBusy(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
            Thread.SpinWait(1000);
    }

    private async Task LaneAsync()
    {
        while (_clock.Elapsed < _time && !_storm.IsCancellationRequested)
        {
            int number = Interlocked.Increment(ref _next) - 1;
            if (number >= _options.Items)
                return;

            string outcome = await RunItemAsync(number, Work.DeedOf(_options.Seed, number)).ConfigureAwait(false);
            _outcomes.AddOrUpdate(outcome, 1, static (_, count) => count + 1);
        }
    }

    private async Task<string> RunItemAsync(int number, Deed deed)
    {
        var order = new Order(_ledger.Path, number, deed, deed == Deed.Huge ? Load : null);
        using CancellationTokenSource? cancel = deed is Deed.Obedient or Deed.Stubborn ? new CancellationTokenSource(number % 20) : null;
        WorkOptions? limits = deed == Deed.Endless ? new WorkOptions { Limits = new() { Timeout = TimeSpan.FromMilliseconds(20) } } : null;
        try
        {
            Task<(int Number, byte[]? Load)> item = _pool.RunAsync(static (order, token) => Work.Do(order, token), order, limits, cancel?.Token ?? default);
            await ((Task)item).WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!item.IsCompleted)
                await _storm.CancelAsync().ConfigureAwait(false);

            (int Number, byte[]? Load) result = await item.WaitAsync(Hang).ConfigureAwait(false);
            if (result.Number != number || (deed == Deed.Huge && !Load.AsSpan().SequenceEqual(result.Load)))
                _complaints.Enqueue($"item {number} ({deed}) got another's result");
            Check(number, deed, mustHaveEnded: true);
            return "done";
        }
        catch (WorkerCrashedException)
        {
            Check(number, deed);
            return "crashed";
        }
        catch (WorkTimeoutException) when (deed == Deed.Endless)
        {
            Check(number, deed);
            return "timed out";
        }
        catch (OperationCanceledException) when (cancel is not null)
        {
            Check(number, deed);
            return "cancelled";
        }
        catch (TimeoutException)
        {
            _complaints.Enqueue($"item {number} ({deed}) hangs; it was started {_ledger.StartsOf(number)} times");
            return "hung";
        }
        catch (Exception e)
        {
            _complaints.Enqueue($"item {number} ({deed}) ended with {e.GetType().Name}: {e.Message}");
            return "wrong";
        }
    }

    private void Check(int number, Deed deed, bool mustHaveEnded = false)
    {
        int starts = _ledger.StartsOf(number), ends = _ledger.EndsOf(number);
        if (starts > 1 + _scenario.Retries || ends > 1 + _scenario.Retries || (mustHaveEnded && ends == 0))
            _complaints.Enqueue($"item {number} ({deed}) was started {starts} times and ended {ends} times");
    }

    /// <summary>A worker takes at most what it runs with it: every crashed item needs a kill, or an item that ended its process.</summary>
    private void CheckBlastRadius(Disturber disturber, PoolTotals totals)
    {
        int crashed = _outcomes.GetValueOrDefault("crashed");
        long ends = (disturber.Kills + totals.Crashes + totals.Kills) * ConcurrencyOf(_scenario);
        if (crashed > ends)
            _complaints.Enqueue($"{crashed} items crashed, but workers that ended ran {ends} at most");
    }

    private static int ConcurrencyOf(Scenario scenario)
    {
        var options = new ProcessPoolOptions();
        scenario.Configure(options);
        return options.ConcurrencyPerWorker;
    }
}
