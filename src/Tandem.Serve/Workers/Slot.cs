using Tandem.Serve.Apps;

namespace Tandem.Serve.Workers;

/// <summary>One of the workers that there are to be, whichever process that is at the moment.</summary>
internal sealed class Slot(int number, ResolvedApp app, ServeOptions options)
{
    private const int Remembered = 20;

    // Replaced as a whole, because it is read while it changes.
    private RestartNote[] _notes = [];
    private long _nextAttempt; // in ticks of universal time

    internal int Number { get; } = number;

    /// <summary>What its workers are of: in the middle of a reload, slots differ.</summary>
    internal ResolvedApp App { get; set; } = app;

    /// <summary>The worker that serves; null while there is none.</summary>
    internal WebWorker? Current { get; set; }

    /// <summary>Whether it is no longer wanted.</summary>
    internal bool IsRetired { get; set; }

    /// <summary>When it may be replaced because it is due, in milliseconds of the system's clock: not again and again, where that fails.</summary>
    internal long RecyclesFrom { get; set; }

    internal CrashPolicy Crashes { get; } = new(options, TimeProvider.System);

    /// <summary>When its next worker is started, while it waits for that after a crash; null while it does not.</summary>
    internal DateTimeOffset? NextAttempt
    {
        get => Volatile.Read(ref _nextAttempt) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        set => Volatile.Write(ref _nextAttempt, value?.UtcTicks ?? 0);
    }

    internal int Restarts { get; private set; }

    /// <summary>How often it was replaced because a request did not give its thread back.</summary>
    internal int StuckReplacements { get; set; }

    /// <summary>How many requests took too long in its workers that have ended.</summary>
    internal long TimedOutBefore { get; set; }

    internal IReadOnlyList<RestartNote> Notes => Volatile.Read(ref _notes);

    internal void Note(string reason)
    {
        Restarts++;
        Volatile.Write(ref _notes, [.. _notes.TakeLast(Remembered - 1), new RestartNote(DateTimeOffset.Now, reason)]);
    }
}

/// <summary>Why a worker was replaced.</summary>
internal sealed record RestartNote(DateTimeOffset Time, string Reason);
