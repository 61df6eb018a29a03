using Tandem.Supervision;

namespace Tandem.Serve.Workers;

/// <summary>One of the workers that there are to be, whichever process that is at the moment.</summary>
internal sealed class Slot(int number, ServeOptions options)
{
    private const int Remembered = 20;

    private readonly Queue<RestartNote> _notes = new();

    internal int Number { get; } = number;

    /// <summary>The worker that serves; null while there is none.</summary>
    internal WebWorker? Current { get; set; }

    /// <summary>Whether it is no longer wanted.</summary>
    internal bool IsRetired { get; set; }

    internal RestartBudget Budget { get; } = new(options.RestartLimit, options.RestartPeriod);

    internal int Restarts { get; private set; }

    internal IReadOnlyList<RestartNote> Notes => [.. _notes];

    internal void Note(string reason)
    {
        Restarts++;
        _notes.Enqueue(new RestartNote(DateTimeOffset.Now, reason));
        if (_notes.Count > Remembered)
            _notes.Dequeue();
    }
}

/// <summary>Why a worker was replaced.</summary>
internal sealed record RestartNote(DateTimeOffset Time, string Reason);
