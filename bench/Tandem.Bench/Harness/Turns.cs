namespace Tandem.Bench.Harness;

/// <summary>
/// Who comes when within a round. The order rotates, so that a slow minute of the machine falls on all alike; every second round goes
/// backwards, so that nobody always comes after the same one, whose garbage and warm caches it would inherit.
/// </summary>
internal static class Turns
{
    /// <param name="turn">The turn within the round, from 0.</param>
    /// <param name="round">The round, from 0, warm-ups included.</param>
    /// <param name="count">How many take turns.</param>
    internal static int WhoComes(int turn, int round, int count)
    {
        int place = round % 2 == 0 ? turn : count - 1 - turn;
        return (place + round / 2) % count;
    }
}
