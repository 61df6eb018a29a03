using Tandem.LoadClient;

namespace Tandem.ServeBench.Peers;

/// <summary>What became of the requests of a span of time.</summary>
internal sealed record PeerFigures
{
    /// <summary>Complete and right answers.</summary>
    internal int Answered { get; init; }

    /// <summary>Requests that were answered or lost.</summary>
    internal int Requests => Answered + Lost;

    /// <summary>Requests for which no connection could be made.</summary>
    internal int Refused { get; init; }

    /// <summary>Attempts that got no complete and right answer on their connection.</summary>
    internal int Unanswered { get; init; }

    /// <summary>Of these, those that the client sent again.</summary>
    internal int SentAgain { get; init; }

    /// <summary>Requests that got no answer in the end.</summary>
    internal int Lost => Refused + Unanswered - SentAgain;

    /// <summary>Attempts that were under way, when a worker was killed, on connections which it had accepted.</summary>
    internal int InFlight { get; init; }

    /// <summary>Attempts that came on these connections after that, until the kernel had closed them.</summary>
    internal int Late { get; init; }

    /// <summary>Unanswered attempts that were on no connection of a killed worker.</summary>
    internal int Elsewhere { get; init; }

    /// <summary>The longest time without any answer, in ms.</summary>
    internal double Silence { get; init; }

    /// <summary>The longest time of an answered request, from when it was due, in ms.</summary>
    internal double Slowest { get; init; }

    /// <summary>The attempts that failed.</summary>
    internal IReadOnlyList<Attempt> Failures { get; init; } = [];

    internal static PeerFigures Sum(IEnumerable<PeerFigures> parts) => parts.Aggregate(new PeerFigures(), static (one, other) => new PeerFigures
    {
        Answered = one.Answered + other.Answered,
        Refused = one.Refused + other.Refused,
        Unanswered = one.Unanswered + other.Unanswered,
        SentAgain = one.SentAgain + other.SentAgain,
        InFlight = one.InFlight + other.InFlight,
        Late = one.Late + other.Late,
        Elsewhere = one.Elsewhere + other.Elsewhere,
        Silence = Math.Max(one.Silence, other.Silence),
        Slowest = Math.Max(one.Slowest, other.Slowest),
        Failures = [.. one.Failures, .. other.Failures],
    });
}
