using System.Diagnostics.CodeAnalysis;
using Tandem.Diagnostics;
using Tandem.Launch;

namespace Tandem.Tool.Top.Watching;

/// <summary>A process with a .NET runtime. The tool listens to its events if it may have pools.</summary>
/// <remarks>
/// A worker also has a runtime and may have pools, but few do. So the tool does not listen to workers permanently, but checks them now and
/// then. The same applies to programs that have not loaded Tandem, according to their memory map.
/// </remarks>
/// <param name="processId">The process.</param>
/// <param name="started">The start time of the process.</param>
/// <param name="isWanted">Whether the user named the process; then the tool listens to it in any case.</param>
/// <param name="interval">How often programs report their pools.</param>
/// <param name="changed">Called when there may be new data.</param>
internal sealed class Candidate(int processId, long started, bool isWanted, TimeSpan interval, Action changed) : IAsyncDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestWorkerPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstSample = TimeSpan.FromMilliseconds(700);

    /// <summary>
    /// For a program that was requested by its process id and has loaded Tandem: it sends a sample at once, but may have to wait for a
    /// processor.
    /// </summary>
    private static readonly TimeSpan FirstSampleOfWanted = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _firstPause = interval < TimeSpan.FromSeconds(1) ? interval : TimeSpan.FromSeconds(1);
    private TimeSpan _pause;
    private DateTime _due = DateTime.MinValue;
    private DateTime? _connectedSince;

    internal int ProcessId => processId;

    internal long Started => started;

    internal string Name { get; private set; } = "?";

    /// <summary>The process whose worker it is; null if it is not a worker.</summary>
    internal int? WorkerOf { get; private set; }

    internal ProgramWatch? Watch { get; private set; }

    /// <summary>Whether enough data for a report is known: the process has no pools, or has reported them twice.</summary>
    internal bool IsSettled { get; private set; }

    internal string? Problem { get; private set; }

    /// <summary>Whether this user may not inspect the process.</summary>
    internal bool IsForbidden { get; private set; }

    public async ValueTask DisposeAsync()
    {
        if (Watch is { } watch)
            await watch.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Does the next step; called repeatedly.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Compared with times of files.")]
    internal async Task AttendAsync()
    {
        DateTime now = DateTime.UtcNow;
        if (Watch is { HasEnded: true } ended)
        {
            Problem = ended.Problem;
            IsSettled = true;
            await DropWatchAsync(now).ConfigureAwait(false);
        }
        else if (Watch is { } watch)
        {
            (ProgramSample? last, ProgramSample? former) = watch.Samples;
            if (watch.IsConnected)
                _connectedSince ??= now;
            bool isSilent = last is null
                && now - _connectedSince > (isWanted && ProcFs.MayHavePools(processId) ? FirstSampleOfWanted : FirstSample);
            IsSettled = former is not null || isSilent;
            Problem = null;
            if (WorkerOf is not null && isSilent)
                await DropWatchAsync(now).ConfigureAwait(false);
        }
        else if (now >= _due)
        {
            Begin(now);
        }
    }

    private void Begin(DateTime now)
    {
        Name = ProcFs.ProgramName(processId);
        WorkerOf = ProcFs.Variable(processId, LaunchProtocol.ParentVariable) is { } parent && int.TryParse(parent, out int id) ? id : null;
        IsForbidden = !isWanted && !TraceRights.MayRead(processId);
        if (!isWanted && !ProcFs.MayHavePools(processId))
        {
            IsSettled = true;
            Postpone(now);
            return;
        }

        _connectedSince = null;
        Watch = new ProgramWatch(processId, started, interval, changed);
    }

    private async Task DropWatchAsync(DateTime now)
    {
        await Watch!.DisposeAsync().ConfigureAwait(false);
        Watch = null;
        Postpone(now);
    }

    private void Postpone(DateTime now)
    {
        TimeSpan longest = WorkerOf is null ? LongestPause : LongestWorkerPause;
        _pause = _pause == default ? _firstPause : _pause * 2 < longest ? _pause * 2 : longest;
        _due = now + _pause;
    }
}
