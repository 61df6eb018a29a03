using Tandem.Serve.Apps;

namespace Tandem.Serve.Workers;

/// <summary>One of the workers that should exist, independent of the process that currently fills it.</summary>
internal sealed class Slot(int number, ResolvedApp app, ServeOptions options)
{
    private const int Remembered = 20;

    // Replaced as a whole, because the status reads it while it changes.
    private RestartNote[] _notes = [];
    private long _nextAttempt; // in ticks of universal time; 0 for none

    /// <summary>The worker's number, from 1.</summary>
    internal int Number { get; } = number;

    /// <summary>The version of the application that its workers run. In the middle of a reload, slots have different versions.</summary>
    internal ResolvedApp App { get; set; } = app;

    /// <summary>The worker that serves; null if there is none.</summary>
    internal WebWorker? Current { get; set; }

    /// <summary>Whether the slot was removed.</summary>
    internal bool IsRetired { get; set; }

    /// <summary>
    /// The earliest time at which its worker may be recycled, in milliseconds of the monotonic clock: after a failed replacement, this
    /// delays the next one.
    /// </summary>
    internal long RecyclesFrom { get; set; }

    /// <summary>Decides when a worker is started after a crash.</summary>
    internal CrashPolicy Crashes { get; } = new(options, options.Time);

    /// <summary>When its next worker is started; null if it does not wait for a start after a crash.</summary>
    internal DateTimeOffset? NextAttempt
    {
        get => Volatile.Read(ref _nextAttempt) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        set => Volatile.Write(ref _nextAttempt, value?.UtcTicks ?? 0);
    }

    /// <summary>How often its worker was replaced.</summary>
    internal int Restarts { get; private set; }

    /// <summary>How often its worker was replaced because a request did not release its thread.</summary>
    internal int StuckReplacements { get; set; }

    /// <summary>How many requests exceeded their time limit in its workers that have exited.</summary>
    internal long TimedOutBefore { get; set; }

    /// <summary>The reasons of the last restarts, the latest last.</summary>
    internal IReadOnlyList<RestartNote> Notes => Volatile.Read(ref _notes);

    internal void Note(string reason)
    {
        Restarts++;
        Volatile.Write(ref _notes, [.. _notes.TakeLast(Remembered - 1), new RestartNote(options.Time.GetLocalNow(), reason)]);
    }
}
