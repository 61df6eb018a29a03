using System.Diagnostics.CodeAnalysis;
using Tandem.Diagnostics;
using Tandem.Launch;

namespace Tandem.Tool.Top.Watching;

/// <summary>A process with a .NET runtime: listened to when it may have pools.</summary>
/// <remarks>
/// A worker is a process with a runtime as well, and may have pools of its own, but few do: it is not listened to all the time, only
/// looked at now and then. So is a program that has not loaded Tandem, by its map of memory.
/// </remarks>
/// <param name="processId">The process.</param>
/// <param name="started">When it was started.</param>
/// <param name="isWanted">Whether it was asked for by its number: then it is listened to in any case.</param>
/// <param name="interval">How often programs are to tell of their pools.</param>
/// <param name="changed">Called when there may be something new.</param>
internal sealed class Candidate(int processId, long started, bool isWanted, TimeSpan interval, Action changed) : IAsyncDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestWorkerPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstSample = TimeSpan.FromMilliseconds(700);

    /// <summary>For a program that was asked for by its number and has loaded Tandem: it tells at once, but may have to wait for a processor.</summary>
    private static readonly TimeSpan FirstSampleOfWanted = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _firstPause = interval < TimeSpan.FromSeconds(1) ? interval : TimeSpan.FromSeconds(1);
    private TimeSpan _pause;
    private DateTime _due = DateTime.MinValue;
    private DateTime? _connectedSince;

    internal int ProcessId => processId;

    internal long Started => started;

    internal string Name { get; private set; } = "?";

    /// <summary>The process whose worker it is; null for a program of its own.</summary>
    internal int? WorkerOf { get; private set; }

    internal ProgramWatch? Watch { get; private set; }

    /// <summary>Whether enough is known of it for a report: it has no pools, or has told of them twice.</summary>
    internal bool IsSettled { get; private set; }

    internal string? Problem { get; private set; }

    /// <summary>Whether this user may not look into it, so that nobody knows here what it has.</summary>
    internal bool IsForbidden { get; private set; }

    public async ValueTask DisposeAsync()
    {
        if (Watch is { } watch)
            await watch.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Does what is due; called again and again.</summary>
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
            bool isSilent = last is null && now - _connectedSince > (isWanted && ProcFs.MayHavePools(processId) ? FirstSampleOfWanted : FirstSample);
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
