namespace Tandem.LoadClient;

/// <summary>What came of a load.</summary>
public sealed class LoadResult
{
    // What a server that is gone makes of a long load is not worth the memory.
    private const int MostFailures = 100_000;

    private readonly long[] _counts = new long[Enum.GetValues<FailureKind>().Length];
    private readonly List<Failure> _failures = [];
    private readonly Dictionary<int, long> _connectionsByPid = [];

    /// <summary>Requests that got a complete and right answer.</summary>
    public long Requests { get; internal set; }

    /// <summary>
    /// Requests that were sent again because the server said before their answer that it would close the connection. They are no failures:
    /// the server had told that it would not answer them. In HTTP/2, what the platform's client sent again; it does not say why. With
    /// <see cref="LoadOptions.SendsAgain"/>, those whose kept connection ended before any byte of their answer.
    /// </summary>
    public long Resent { get; internal set; }

    /// <summary>Connections that were made.</summary>
    public long Connections { get; internal set; }

    /// <summary>Requests that failed.</summary>
    public long Failed => _counts.Sum();

    /// <summary>From the start of the load to the end of its last request.</summary>
    public TimeSpan Elapsed { get; internal set; }

    /// <summary>How long complete and right answers took; with a connection for each request, with the time to connect.</summary>
    public LatencyHistogram Latencies { get; } = new();

    /// <summary>The failures; of very many, the first.</summary>
    public IReadOnlyList<Failure> Failures => _failures;

    /// <summary>How many connections each process served, where <see cref="LoadRequest.Pid"/> was asked.</summary>
    public IReadOnlyDictionary<int, long> ConnectionsByPid => _connectionsByPid;

    /// <summary>Requests that failed in one way.</summary>
    public long Count(FailureKind kind) => _counts[(int)kind];

    /// <summary>In one line, for people.</summary>
    public override string ToString()
    {
        string kinds = string.Join(", ", Enum.GetValues<FailureKind>().Where(kind => Count(kind) > 0).Select(kind => $"{Count(kind)} {kind}"));
        return $"{Requests} requests on {Connections} connections in {Elapsed.TotalSeconds:0.0} s, p50 {Latencies.Percentile(50):0.00} ms, "
            + $"p99 {Latencies.Percentile(99):0.00} ms, max {Latencies.Max:0.0} ms, {Resent} resent, "
            + (Failed == 0 ? "none failed" : $"{Failed} failed: {kinds}");
    }

    internal void Add(Failure failure)
    {
        _counts[(int)failure.Kind]++;
        if (_failures.Count < MostFailures)
            _failures.Add(failure);
    }

    internal void AddConnectionOf(int pid) => _connectionsByPid[pid] = _connectionsByPid.GetValueOrDefault(pid) + 1;

    internal void Add(LoadResult other)
    {
        Requests += other.Requests;
        Resent += other.Resent;
        Connections += other.Connections;
        Latencies.Add(other.Latencies);
        for (int i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];

        _failures.AddRange(other._failures.Take(MostFailures - _failures.Count));
        foreach ((int pid, long count) in other._connectionsByPid)
            _connectionsByPid[pid] = _connectionsByPid.GetValueOrDefault(pid) + count;
    }

    internal void SortFailures() => _failures.Sort(static (one, other) => one.Timestamp.CompareTo(other.Timestamp));
}
