using System.Diagnostics;

namespace Tandem.Processes;

/// <summary>
/// The state of one worker process. Changes under the engine's lock. A move that the table does not have is a mistake in the engine: it
/// ends the process in builds with assertions.
/// </summary>
internal sealed class WorkerLife
{
    /// <summary>The states that may follow each state, which may be the same one.</summary>
    private static readonly WorkerState[][] Moves =
    [
        /* Starting */ [WorkerState.Idle, WorkerState.Draining, WorkerState.Killing, WorkerState.Dead],
        /* Idle     */ [WorkerState.Idle, WorkerState.Busy, WorkerState.Draining, WorkerState.Killing],
        /* Busy     */ [WorkerState.Idle, WorkerState.Busy, WorkerState.Draining, WorkerState.Killing],
        /* Draining */ [WorkerState.Draining, WorkerState.Killing, WorkerState.Dead],
        /* Killing  */ [WorkerState.Killing, WorkerState.Dead],
        /* Dead     */ [],
    ];

    internal WorkerState State { get; private set; }

    /// <summary>Whether it has come up, and is not being ended: it has items, or may get some.</summary>
    internal bool IsUp => State is WorkerState.Idle or WorkerState.Busy;

    /// <summary>Whether it is being ended with its items, or has ended.</summary>
    internal bool IsLost => State is WorkerState.Killing or WorkerState.Dead;

    internal static bool IsAllowed(WorkerState from, WorkerState to) => Array.IndexOf(Moves[(int)from], to) >= 0;

    internal void MoveTo(WorkerState next)
    {
        Debug.Assert(IsAllowed(State, next), $"A worker that is {State} cannot become {next}.");
        State = next;
    }
}
