using System.Diagnostics.CodeAnalysis;
using Tandem.Compare;
using Tandem.Interop;

namespace Tandem.Tool.Top.Watching;

/// <summary>Watches the pools of one process, or of all processes that the user may watch.</summary>
internal sealed class MachineWatch : IAsyncDisposable
{
    private readonly TimeSpan _interval;
    private readonly int? _only;
    private readonly Action _changed;
    private readonly Dictionary<int, Candidate> _candidates = [];
    private readonly UsageMeter _meter = new();

    /// <param name="interval">How often programs report their pools.</param>
    /// <param name="only">The process to watch; null for all.</param>
    /// <param name="changed">Called on any thread when there may be new data.</param>
    internal MachineWatch(TimeSpan interval, int? only, Action changed)
    {
        _interval = interval;
        _only = only;
        _changed = changed;
    }

    /// <summary>Whether enough data of every process is known for a report with rates.</summary>
    internal bool IsSettled => _candidates.Values.All(static one => one.IsSettled);

    /// <summary>Whether any program has reported a pool.</summary>
    internal bool HasPools => _candidates.Values.Any(static one => one.Watch?.Samples.Last is { Pools.Count: > 0 });

    public async ValueTask DisposeAsync() =>
        await Task.WhenAll(_candidates.Values.Select(static one => one.DisposeAsync().AsTask())).ConfigureAwait(false);

    /// <summary>Finds the current processes, and does the next step of each.</summary>
    internal async Task AttendAsync()
    {
        var present = new HashSet<int>();
        foreach ((int id, long started) in _only is { } one ? One(one) : DiagnosticPort.Processes())
        {
            if (id == Environment.ProcessId)
                continue;

            present.Add(id);
            if (_candidates.TryGetValue(id, out Candidate? known) && known.Started == started)
                continue;

            if (known is not null)
                await known.DisposeAsync().ConfigureAwait(false);
            _candidates[id] = new Candidate(id, started, _only is not null, _interval, _changed);
        }

        foreach ((int id, Candidate candidate) in _candidates)
        {
            if (present.Contains(id))
            {
                await candidate.AttendAsync().ConfigureAwait(false);
            }
            else
            {
                _candidates.Remove(id);
                await candidate.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Creates a report. Resource usage is measured from one report to the next.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Shown to users.")]
    internal TopReport Report()
    {
        _meter.BeginRound();
        var programs = new List<ProgramReport>();
        foreach (Candidate candidate in _candidates.Values.OrderBy(static one => one.ProcessId))
        {
            if (candidate.Watch?.Samples is not ({ Pools.Count: > 0 } last, var former))
                continue;

            int id = candidate.ProcessId;
            double seconds = last.Seconds - (former?.Seconds ?? 0);
            PoolReport[] pools =
                [.. last.Pools.Select(pool => Describe(id, pool, former?.Pools.FirstOrDefault(other => other.Id == pool.Id), seconds))];
            programs.Add(new ProgramReport(
                id, candidate.WorkerOf, candidate.Name, ProcStat.OfProcess(id)?.Threads ?? 0, _meter.OfProcess(id), pools));
        }

        return new TopReport(DateTimeOffset.Now, programs, [.. Notes()]);
    }

    private IEnumerable<string> Notes()
    {
        int forbidden = _candidates.Values.Count(static one => one.IsForbidden);
        IEnumerable<string> problems = _candidates.Values.Select(static one => one.Problem).OfType<string>().Distinct().Order();
        return forbidden == 0
            ? problems
            : problems.Append(
                $"{Amount.Of(forbidden, ".NET process", ".NET processes")} that you may not inspect, such as those of other users; "
                    + "run as root (sudo) to include them.");
    }

    private static IEnumerable<(int Id, long Started)> One(int id) => DiagnosticPort.StartOf(id) is { } started ? [(id, started)] : [];

    private PoolReport Describe(int processId, PoolSample pool, PoolSample? former, double seconds)
    {
        var workers = new List<WorkerReport>();
        foreach (WorkerSample worker in pool.WorkerSamples)
        {
            bool isProcess = pool.Isolation == "process";
            Usage usage = isProcess ? _meter.OfProcess(worker.Id)
                : worker.ThreadId != 0 ? _meter.OfThread(processId, worker.ThreadId)
                : Usage.Unknown;
            bool isBusy = worker.CurrentItem.Length > 0;
            workers.Add(new WorkerReport(
                worker.Id,
                isProcess || worker.ThreadId == 0 ? null : worker.ThreadId,
                worker.State,
                isBusy ? worker.CurrentItem : null,
                isBusy ? Math.Round(worker.CurrentItemSeconds, 3) : null,
                worker.InFlight,
                worker.ItemsDone,
                former is null ? null : Rate(worker, former, seconds),
                usage));
        }

        double? rate = former is null ? null : Math.Round(workers.Sum(static worker => worker.ItemsPerSecond ?? 0), 1);
        return new PoolReport(
            pool.Id,
            pool.Name,
            pool.Isolation,
            pool.Workers,
            pool.Concurrency,
            pool.QueueLength,
            rate,
            pool.Latency,
            pool.Totals,
            pool.StartFailure.Length > 0 ? pool.StartFailure : null,
            pool.Changes,
            workers);
    }

    /// <summary>The rate of a worker. A worker that was not in the former sample has completed all of its items since.</summary>
    private static double? Rate(WorkerSample worker, PoolSample former, double seconds)
    {
        long before = former.WorkerSamples.FirstOrDefault(other => other.Id == worker.Id)?.ItemsDone ?? 0;
        return seconds > 0 ? Math.Round(Math.Max(0, worker.ItemsDone - before) / seconds, 1) : null;
    }
}
