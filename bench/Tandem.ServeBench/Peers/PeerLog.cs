using System.Diagnostics;
using Tandem.LoadClient;

namespace Tandem.ServeBench.Peers;

/// <summary>All attempts of a load, by their ends.</summary>
internal sealed class PeerLog(Attempt[] attempts)
{
    /// <summary>What became of the attempts that ended within a span of time.</summary>
    /// <param name="from">Its start.</param>
    /// <param name="to">Its end.</param>
    /// <param name="kills">All workers that were killed.</param>
    internal PeerFigures Between(long from, long to, IReadOnlyList<WorkerKill> kills)
    {
        Attempt[] span = [.. attempts.Where(attempt => attempt.Ended >= from && attempt.Ended < to)];
        Attempt[] failed = [.. span.Where(static attempt => attempt.Failure is not null)];
        Attempt[] answered = [.. span.Where(static attempt => attempt.Failure is null)];
        (WorkerKill Kill, Attempt Attempt)[] held =
            [.. kills.Where(kill => kill.Timestamp >= from && kill.Timestamp < to).SelectMany(kill => attempts.Where(attempt => WasHeld(attempt, kill)).Select(attempt => (kill, attempt)))];
        long last = from, longest = 0;
        foreach (Attempt attempt in answered)
        {
            longest = Math.Max(longest, attempt.Ended - last);
            last = attempt.Ended;
        }

        return new PeerFigures
        {
            Answered = answered.Length,
            Refused = failed.Count(static attempt => attempt.Failure == FailureKind.Refused),
            Unanswered = failed.Count(static attempt => attempt.Failure != FailureKind.Refused),
            SentAgain = failed.Count(static attempt => attempt.IsSentAgain),
            InFlight = held.Count(static one => one.Attempt.Sent <= one.Kill.Timestamp),
            Late = held.Count(static one => one.Attempt.Sent > one.Kill.Timestamp),
            Elsewhere = failed.Count(attempt => attempt.Failure != FailureKind.Refused && !kills.Any(kill => WasHeld(attempt, kill))),
            Silence = Milliseconds(Math.Max(longest, to - last)),
            Slowest = answered.Length == 0 ? 0 : Milliseconds(answered.Max(static attempt => attempt.Ended - attempt.Due)),
            Failures = failed,
        };
    }

    // On a connection that the worker had accepted, and not answered by then.
    private static bool WasHeld(Attempt attempt, WorkerKill kill) =>
        attempt.Connected <= kill.Timestamp && attempt.Ended >= kill.Timestamp && kill.ClientPorts.Contains(attempt.Port);

    private static double Milliseconds(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;
}
